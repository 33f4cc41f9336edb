"""What is to say before benchmarks are run: what they share with the training, what is assumed."""

from collections.abc import Collection, Mapping
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


def describe_left_out(left_out: Mapping[str, int] | None) -> str:
    """How many questions are not asked, as the predictor was trained on them; None: nobody knows.

    >>> describe_left_out({"asdiv": 2, "mawps": 0})
    'trained on, so left out: 2 of asdiv'
    >>> describe_left_out({"asdiv": 0})
    'no question is among those that the predictor was trained on'
    """
    if left_out is None:
        return "whether the predictor was trained on some of these questions is not known"
    some = [f"{count} of {name}" for name, count in left_out.items() if count]
    if not some:
        return "no question is among those that the predictor was trained on"
    return f"trained on, so left out: {', '.join(some)}"


def describe_assumed(header: Collection[str], prompting: Prompting, dtype: str) -> str:
    """What prompt and dtype are taken where the samples' `header` names none."""
    if {"prompt", "dtype"} <= set(header):
        return ""
    chat = ", in the chat template" if prompting.chat_template else ""
    return (
        f"no samples say how they were searched: prompt style {prompting.style.name}{chat}, "
        f"{prompting.max_new_tokens} new tokens at most, {dtype} are assumed"
    )
