"""Sampled answers, the search's control: one JSON line per draw, the settings in the first line."""

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from mcts.line_file import ClosedOnExit, LineFile, open_lines
from mcts.records import (
    BEGINNING,
    changed_question,
    describe_difference,
    format_settings,
    parse_settings,
)
from mcts.sealed_line import open_line, seal_line


@dataclass(frozen=True)
class Draw:
    """The answer number `draw` (from 0) of a question, sampled along the full path.

    `asked` is the digest of the question's text and reference answer.
    """

    question: str
    asked: str
    draw: int
    correct: bool
    answer: str | None
    response: str


KINDS = {
    "question": str,
    "asked": str,
    "draw": int,
    "correct": bool,
    "answer": str | None,
    "response": str,
}


class DrawsFile(ClosedOnExit):
    """An open file of draws that goes on where an earlier start ended; `recorded` is what it had.

    ValueError: a file of other settings (with the difference), a damaged line (with file and line),
    a file that another process has open.
    """

    def __init__(self, path: pathlib.Path, settings: Mapping[str, Any]) -> None:
        self._lines: LineFile = open_lines(path, BEGINNING)
        with ExitStack() as on_error:
            on_error.callback(self._lines.close)
            if not self._lines.num_bytes:
                self._lines.append(format_settings(settings))
            if difference := describe_difference(_read_settings(path), settings):
                raise ValueError(
                    f"{path} has other settings (here: the file, there: this run): {difference}."
                    " Use the same settings, or another --output"
                )
            _, self.recorded = read_draws(path)
            on_error.pop_all()

    def of_questions(self, asked: Mapping[str, str]) -> list[Draw]:
        """The recorded draws of these questions (id → digest); ValueError if one was another."""
        draws = [draw for draw in self.recorded if draw.question in asked]
        for draw in draws:
            if draw.asked != asked[draw.question]:
                raise ValueError(changed_question(draw.question, self._lines.path))
        return draws

    def append(self, draws: Sequence[Draw]) -> None:
        """Write the draws and wait until they are on the disk."""
        self._lines.append(b"".join(seal_line(asdict(draw)) for draw in draws))

    def close(self) -> None:
        self._lines.close()


def read_draws(path: pathlib.Path) -> tuple[dict[str, Any], list[Draw]]:
    """The settings and the draws of a file; a torn last line is left out.

    ValueError: a file of something else, a damaged line (with file and line).
    """
    settings = _read_settings(path)
    rule = settings.get("rule")
    if not isinstance(rule, dict) or rule.get("name") != "sample" or "temperature" not in rule:
        raise ValueError(
            f"{path} is no file of draws: give one of sample_answers.py, or the samples file"
            " (*.json) of a search in place of its journal"
        )
    with path.open("rb") as file:
        next(file)
        lines = [line for line in file if line.endswith(b"\n")]
    return settings, list(_parse_draws(path, lines))


def _read_settings(path: pathlib.Path) -> dict[str, Any]:
    with path.open("rb") as file:
        line = file.readline()
    try:
        return parse_settings(line)
    except ValueError as error:
        raise ValueError(
            f"{path} has no settings in its first line: it is no file of draws, which"
            " sample_answers.py makes"
        ) from error


def _parse_draws(path: pathlib.Path, lines: Sequence[bytes]) -> Iterator[Draw]:
    seen: set[tuple[str, int]] = set()
    for number, line in enumerate(lines, start=2):
        try:
            draw = _parse_draw(line)
            if (draw.question, draw.draw) in seen:
                raise ValueError(f"draw {draw.draw} of {draw.question!r} stands there twice")
            seen.add((draw.question, draw.draw))
            yield draw
        except ValueError as error:
            raise ValueError(
                f"{path}, line {number} is damaged: {error}; delete the line"
            ) from error


def _parse_draw(line: bytes) -> Draw:
    value = open_line(line)
    for name, kind in KINDS.items():
        if name not in value or not isinstance(value[name], kind):
            raise ValueError(f"field {name!r} is missing or malformed")
    return Draw(**{name: value[name] for name in KINDS})
