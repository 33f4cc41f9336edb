"""Showing that two runs of one job differ only because two logits were all but equal."""

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from llm_depth_router.execute import executing
from llm_depth_router.jobs import Completion, Job

TIE = 1e-3  # logits closer than this may change places with the order of a sum (float32)


def find_logit_gap(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    job: Job,
    expected: Completion,
    found: Completion,
) -> float:
    """How far apart the two best logits are where `found` first leaves `expected`.

    Runs the stock model on the path, uncached, over the tokens both agree on. 0 where the two
    do not differ; infinite where one merely ends earlier than the other.
    """
    pairs = list(zip(expected.token_ids, found.token_ids, strict=False))
    place = next((n for n, (mine, theirs) in enumerate(pairs) if mine != theirs), None)
    if place is None:
        return 0.0 if expected.token_ids == found.token_ids else float("inf")
    ids = [*tokenizer(job.prompt).input_ids, *expected.token_ids[:place]]
    with executing(model, job.path), torch.inference_mode():
        logits = model(torch.tensor([ids], device=model.device), use_cache=False).logits[0, -1]
    best = logits.float().topk(2).values
    return float(best[0] - best[1])


def is_tie(gap: float) -> bool:
    """Whether the gap is small enough for a flip.

    >>> is_tie(0.0004), is_tie(0.1)
    (True, False)
    """
    return gap < TIE
