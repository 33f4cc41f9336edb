"""Token features on disk: one float32 matrix per distinct question, memory-mapped."""

import hashlib
import itertools
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mcts.json_shape import check_shape, parse_json

INDEX, MATRIX = "index.json", "features.npy"
DRAFT = ".writing-"  # of a shard; process id and host of its writer follow


class FeatureStore:
    """Reads and adds the token features of one encoder; `store[question]` is [T, E] float32.

    A folder of shards, each `index.json` (question keys and row offsets) next to `features.npy`
    ([rows, E]). A shard is written aside, flushed to disk and renamed into place, so a killed
    writer leaves nothing a reader sees, and several processes may add at the same time.

    Raises ValueError where a shard is damaged, naming the folder to delete.
    """

    def __init__(self, folder: Path, encoder: str, encoder_digest: str = "") -> None:
        self.folder = folder
        self.encoder, self.encoder_digest = encoder, encoder_digest
        self._places: dict[str, tuple[np.ndarray, int, int]] = {}
        self._cut: set[str] = set()
        if folder.is_dir():
            for shard in sorted(folder.glob("shard-*")):
                self._open(shard)

    def _open(self, shard: Path) -> None:
        try:
            index = parse_json((shard / INDEX).read_bytes())
            check_shape(index, {"keys": [str], "offsets": [int]}, INDEX)
            matrix = np.lib.format.open_memmap(shard / MATRIX, mode="r")  # no zip, no pickle
            keys, offsets = _check_index(index, matrix)
            limit = index.get("limit")
        except (OSError, ValueError, TokenError) as error:  # the last of a damaged npy header
            raise ValueError(f"damaged feature shard, delete {shard}: {error}") from error
        for key, start, stop in zip(keys, offsets, offsets[1:], strict=False):
            self._places[key] = (matrix, start, stop)
            if stop - start == limit:
                self._cut.add(key)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, question: str) -> bool:
        return question_key(question) in self._places

    def __getitem__(self, question: str) -> np.ndarray:
        matrix, start, stop = self._places[question_key(question)]
        return matrix[start:stop]

    @property
    def dim(self) -> int:
        """E, the width of the encoder. Raises ValueError on an empty store."""
        for matrix, _, _ in self._places.values():
            return int(matrix.shape[1])
        raise ValueError(f"no features in {self.folder}: encode the questions first")

    def missing(self, questions: Iterable[str]) -> list[str]:
        """The distinct questions that have no features yet, in their order."""
        return [question for question in dict.fromkeys(questions) if question not in self]

    def count_cut(self, questions: Iterable[str]) -> int:
        """How many of the questions fill all tokens that the encoder reads: the rest is cut off."""
        return sum(question_key(question) in self._cut for question in questions)

    def add(
        self,
        questions: Sequence[str],
        features: Sequence[np.ndarray],
        limit: int | None = None,
    ) -> None:
        """Store features ([T, E] each) as one shard; what another process stored first stays.

        `limit` is how many tokens of a question the encoder reads at most. Raises ValueError on a
        question without tokens: there is nothing to attend to.
        """
        for question, matrix in zip(questions, features, strict=True):
            if len(matrix) == 0:
                raise ValueError(f"the encoder gives no token for the question {question!r}")
        keys = [question_key(question) for question in questions]
        offsets = np.cumsum([0, *(len(matrix) for matrix in features)]).tolist()
        name = "shard-" + hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
        self.folder.mkdir(parents=True, exist_ok=True)
        _remove_drafts(self.folder)
        writer = f"{DRAFT}{os.getpid()}@{socket.gethostname()}@"
        draft = Path(tempfile.mkdtemp(prefix=writer, dir=self.folder))
        with open(draft / MATRIX, "wb") as file:
            np.save(file, np.concatenate(features).astype(np.float32, copy=False))
            os.fsync(file.fileno())
        with open(draft / INDEX, "w", encoding="utf-8") as file:
            index = {"encoder": self.encoder, "keys": keys, "offsets": offsets, "limit": limit}
            json.dump(index, file)
            os.fsync(file.fileno())
        try:
            draft.rename(self.folder / name)
        except OSError:
            if not (self.folder / name).is_dir():
                raise
            shutil.rmtree(draft)
        self._open(self.folder / name)


def _check_index(index: Any, matrix: np.ndarray) -> tuple[list[str], list[int]]:
    """Keys and row offsets; ValueError where they do not cut the whole matrix into questions."""
    keys, offsets = index["keys"], index["offsets"]
    if matrix.dtype != np.float32:
        raise ValueError(f"{MATRIX} holds {matrix.dtype}, not float32")
    rises = all(start < stop for start, stop in itertools.pairwise(offsets))
    fits = offsets[:1] == [0] and matrix.ndim == 2 and offsets[-1] == len(matrix)
    if not (rises and fits and len(offsets) == len(keys) + 1):
        raise ValueError(f"the offsets of {INDEX} do not fit {MATRIX} of shape {matrix.shape}")
    return keys, offsets


def _remove_drafts(folder: Path) -> None:
    """Delete what writers of this machine left behind that are dead."""
    for draft in folder.glob(f"{DRAFT}*@*@*"):
        pid, host, _ = draft.name.removeprefix(DRAFT).split("@", 2)
        if host == socket.gethostname() and pid.isdecimal() and not _is_alive(int(pid)):
            shutil.rmtree(draft, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def question_key(question: str) -> str:
    """The key of a question in the store.

    >>> question_key("What is 7 + 8?")[:12]
    '62a188c731f8'
    """
    return hashlib.sha256(question.encode()).hexdigest()


def pad_features(matrices: Sequence[np.ndarray], dim: int) -> tuple[Tensor, Tensor]:
    """Features [B, T, E] float32 with zeros behind each question, and the mask [B, T] of tokens.

    >>> features, mask = pad_features([np.ones((1, 2)), np.ones((3, 2))], dim=2)
    >>> features.shape, mask.tolist()
    (torch.Size([2, 3, 2]), [[True, False, False], [True, True, True]])
    """
    longest = max((len(matrix) for matrix in matrices), default=0)
    features = torch.zeros(len(matrices), longest, dim)
    mask = torch.zeros(len(matrices), longest, dtype=torch.bool)
    rows = features.numpy()
    for row, matrix in enumerate(matrices):
        rows[row, : len(matrix)] = matrix
        mask[row, : len(matrix)] = True
    return features, mask
