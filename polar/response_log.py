"""Responses on disk as they come, so that an interrupted evaluation goes on where it stopped."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llm_depth_router.model_digest import digest_model, digest_tokenizer
from llm_depth_router.models import LoadedModel
from mcts.json_shape import check_shape
from mcts.line_file import LineFile, open_lines
from mcts.sealed_line import open_line, seal_line
from polar.outcomes import Attempt
from polar.prompting import Prompting

FORMAT = 2
Key = tuple[str, tuple[int, ...], float, int]  # digest of the prompt, path, temperature, seed


class ResponseLog:
    """The responses of earlier starts, and a place for new ones. Verdicts are never stored."""

    def __init__(self, file: LineFile, known: Mapping[Key, str]) -> None:
        self._file = file
        self._known = dict(known)
        self.recalled = 0  # responses that did not have to be run again

    def find(self, prompt: str, attempt: Attempt) -> str | None:
        """The response that this attempt gave before, or None."""
        response = self._known.get(_make_key(prompt, attempt))
        self.recalled += response is not None
        return response

    def add(self, found: list[tuple[str, Attempt, str]]) -> None:
        """Store (prompt, attempt, response) and wait until they are on the disk."""
        rows = [(_make_key(prompt, attempt), response) for prompt, attempt, response in found]
        self._file.append(b"".join(seal_line({"key": key, "response": r}) for key, r in rows))


def _make_key(prompt: str, attempt: Attempt) -> Key:
    digest = hashlib.sha256(prompt.encode()).hexdigest()[:32]
    return digest, attempt.path, attempt.temperature, attempt.seed


@contextmanager
def open_response_log(folder: Path, settings: Mapping[str, Any]) -> Iterator[ResponseLog]:
    """The log in `folder` of exactly these settings; other settings have a file of their own.

    Raises ValueError where another process writes to it, or a line is damaged.
    """
    text = json.dumps({**settings, "format": FORMAT}, sort_keys=True)
    path = folder / f"responses-{hashlib.sha256(text.encode()).hexdigest()[:12]}.jsonl"
    with open_lines(path) as file:
        if not file.num_bytes:
            file.append(text.encode() + b"\n")
        yield ResponseLog(file, _read(path))


def _read(path: Path) -> dict[Key, str]:
    known = {}
    with path.open("rb") as lines:
        next(lines)  # the settings
        for number, line in enumerate(lines, start=2):
            try:
                row = open_line(line)
                prompt, steps, temperature, seed = row["key"]
                check_shape(row, {"response": str})
                known[prompt, tuple(steps), temperature, seed] = row["response"]
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError(f"{path}, line {number} is damaged: delete the line") from error
    return known


def describe_run(loaded: LoadedModel, prompting: Prompting) -> dict[str, Any]:
    """Everything that decides a response besides prompt, path, temperature and seed."""
    return {
        "weights": digest_model(loaded.model),
        "tokenizer": digest_tokenizer(loaded.tokenizer),
        "dtype": loaded.dtype_name,
        "device": loaded.model.device.type,
        "prompt": prompting.describe(),
        "torch": version("torch"),
        "transformers": version("transformers"),
    }
