"""What is to say before benchmarks are run: what they share with the training, what is assumed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from polar.prompting import Prompting


def describe_samples(run: Mapping[str, Any] | None, digests: Mapping[int, str]) -> str:
    """A line where the samples at hand are not those of the run; nothing where they are.

    `run` is the config.json beside the checkpoint.

    >>> describe_samples({"samples": {"1": "a"}}, {1: "a"})
    ''
    >>> describe_samples({"samples": {"1": "a"}}, {1: "a", 2: "b"})
    'the predictor was not trained on the samples of difficulty 2 under --data_root'
    """
    if not digests:
        return ""
    if run is None:
        return "no config.json beside the checkpoint: it may not be trained on these samples"
    known = run.get("samples", {})
    strange = [str(each) for each in digests if known.get(str(each)) != digests[each]]
    if not strange:
        return ""
    return (
        f"the predictor was not trained on the samples of difficulty {', '.join(strange)} "
        "under --data_root"
    )


def describe_repeated(count: int | None, questions: Sequence[str]) -> str:
    """How many of the questions the predictor was trained on; None where nobody knows.

    >>> describe_repeated(1, ["a", "b"])
    '1 of 2 questions also stands among those that the predictor was trained on'
    """
    if count is None:
        return "whether the predictor was trained on some of these questions is not known"
    stand = "stands" if count == 1 else "stand"
    return (
        f"{count} of {len(questions)} questions also {stand} among those that the predictor was "
        "trained on"
    )


def describe_assumed(header: Collection[str], prompting: Prompting, dtype: str) -> str:
    """What prompt and dtype are taken where the samples' `header` names none."""
    if {"prompt", "dtype"} <= set(header):
        return ""
    chat = ", in the chat template" if prompting.chat_template else ""
    return (
        f"no samples say how they were searched: prompt style {prompting.style.name}{chat}, "
        f"{prompting.max_new_tokens} new tokens at most, {dtype} are assumed"
    )
