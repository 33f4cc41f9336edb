"""The path of every request of lm-evaluation-harness, from its context; needs no harness."""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

import torch

from polar.pipeline import ProgramChooser
from polar.program import full_path

FULL = "full"  # as predictor: the full path for every request
Path = tuple[int, ...]


class ContextPaths:
    """Context → path, each distinct context predicted once.

    The path is the best program that runs any layer at all. An empty context says nothing about
    its path and gets the full one, and so does everything where `chooser` is None.
    """

    def __init__(self, chooser: ProgramChooser | None, depth: int) -> None:
        self.chooser, self.depth = chooser, depth
        self.chosen: dict[str, Path] = {}

    def choose(self, contexts: Sequence[str]) -> list[Path]:
        """The path of each context."""
        new = [context for context in dict.fromkeys(contexts) if context not in self.chosen]
        asked = [context for context in new if self.chooser is not None and context.strip()]
        self.chosen.update(dict.fromkeys(new, full_path(self.depth)))
        if self.chooser is not None and asked:
            # Two programs of a question differ in an op: at most one of them skips everything.
            for context, ranked in zip(asked, self.chooser.choose(asked, k=2), strict=True):
                self.chosen[context] = next(one.program.path for one in ranked if one.program.path)
        return [self.chosen[context] for context in contexts]

    def describe(self) -> dict[str, int | float]:
        """What was chosen, over the distinct contexts so far."""
        paths = list(self.chosen.values())
        return {
            "polar_contexts": len(paths),
            "polar_distinct_paths": len(set(paths)),
            "polar_mean_layers": fmean(map(len, paths)) if paths else 0.0,
            "polar_full_path_share": fmean(path == full_path(self.depth) for path in paths)
            if paths
            else 0.0,
        }


def load_chooser(
    predictor: str, model: str, depth: int, device: torch.device
) -> ProgramChooser | None:
    """The chooser of `predictor` for `model`, None for `full`.

    Of a context longer than the encoder reads, the end counts: there the question stands.
    """
    if predictor == FULL:
        return None
    chooser = ProgramChooser.from_pretrained(predictor, model, depth, device)
    chooser.encoder.tokenizer.truncation_side = "left"
    return chooser


def run_by_path(
    requests: Sequence[Any], paths: Sequence[Path], run: Callable[[list[Any], Path], list[Any]]
) -> list[Any]:
    """The results of `run`, called once for each distinct path with its requests, in their order.

    >>> run_by_path(["a", "b", "c"], [(0, 1), (1,), (0, 1)], lambda group, path: [
    ...     f"{request}{len(group)}" for request in group])
    ['a2', 'b1', 'c2']
    """
    groups: dict[Path, list[int]] = {}
    for index, path in enumerate(paths):
        groups.setdefault(path, []).append(index)
    results: list[Any] = [None] * len(requests)
    for path, indices in groups.items():
        found = run([requests[index] for index in indices], path)
        for index, result in zip(indices, found, strict=True):
            results[index] = result
    return results
