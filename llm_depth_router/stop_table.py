"""Which tokens can complete an answer, as a table, so that only those make anyone look at text."""

import numpy as np
from transformers import PreTrainedTokenizerBase

from llm_depth_router.prompts import StopRule


class StopTable:
    """One row of booleans over the vocabulary per stop rule; rule 0 stands for no rule."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        self._closing = np.zeros((1, vocabulary), dtype=bool)
        self._indices: dict[StopRule | None, int] = {None: 0}

    def index_of(self, stop: StopRule | None) -> int:
        """The number of a rule; a new one costs one decoding of the vocabulary."""
        if stop not in self._indices:
            assert stop is not None
            closing = np.zeros((1, self._closing.shape[1]), dtype=bool)
            texts = self._tokenizer.batch_decode([[token] for token in range(closing.size)])
            closing[0] = [any(closer in text for closer in stop.closers) for text in texts]
            self._indices[stop] = len(self._closing)
            self._closing = np.concatenate((self._closing, closing))
        return self._indices[stop]

    def may_close(self, rules: np.ndarray, tokens: np.ndarray) -> np.ndarray:  # [B], [B] → [B]
        """Which rows have chosen a token that can complete their answer."""
        closes: np.ndarray = self._closing[rules, tokens]
        return closes
