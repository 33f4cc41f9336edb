"""Encoding under a progress bar that the caller hands in: the package draws none itself."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

from llm_depth_router.models import cache_folder
from polar.encoder import encode_questions
from polar.features import FeatureStore

OpenBar = Callable[..., AbstractContextManager[Any]]  # `tqdm`, or what is called like it


def encode_with_bar(
    questions: Sequence[str], encoder: str, device: torch.device, open_bar: OpenBar
) -> FeatureStore:
    """Token features of the questions, stored in the cache folder."""
    with open_bar(total=len(set(questions)), unit="question", desc="encode") as bar:
        root = cache_folder() / "features"
        return encode_questions(questions, encoder, root, device=str(device), progress=bar.update)
