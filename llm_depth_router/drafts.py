"""Guesses of the next tokens, from what followed the same few tokens before in any job."""

import numpy as np

CONTEXTS = (3, 2)  # how many tokens a guess looks back at, the longer first
TABLE_SIZE = 1 << 18
NO_GUESS = -1
_MULTIPLIER = 1_000_003


class DraftTable:
    """The last successor of every short context, in hashed arrays.

    A wrong guess costs a little time and never a result: the engine keeps only those guesses that
    the model itself would have chosen. Collisions of the hash are wrong guesses, too.
    """

    def __init__(self) -> None:
        self._next = {length: np.full(TABLE_SIZE, NO_GUESS) for length in CONTEXTS}

    def learn(self, contexts: np.ndarray, tokens: np.ndarray) -> None:  # [B, 3], [B]
        """`tokens` came after `contexts`."""
        for length, table in self._next.items():
            table[_hash(contexts[:, -length:])] = tokens

    def guess(self, contexts: np.ndarray, count: int) -> np.ndarray:  # [B, 3] → [B, count]
        """Up to `count` tokens a row; NO_GUESS from where nothing is known.

        >>> table = DraftTable()
        >>> table.learn(np.array([[1, 2, 3], [2, 3, 4]]), np.array([4, 5]))
        >>> table.guess(np.array([[1, 2, 3], [7, 7, 7]]), 3).tolist()
        [[4, 5, -1], [-1, -1, -1]]
        """
        contexts = contexts.copy()
        guesses = np.full((len(contexts), count), NO_GUESS)
        for place in range(count):
            guess = np.full(len(contexts), NO_GUESS)
            for length, table in self._next.items():
                guess = np.where(guess == NO_GUESS, table[_hash(contexts[:, -length:])], guess)
            known = guess != NO_GUESS
            if place:
                known &= guesses[:, place - 1] != NO_GUESS
            guesses[known, place] = guess[known]
            contexts = np.concatenate((contexts[:, 1:], guess[:, None]), axis=1)
        return guesses


def _hash(contexts: np.ndarray) -> np.ndarray:  # [B, n] → [B]
    value = np.zeros(len(contexts), dtype=np.int64)
    for column in contexts.T:
        value = (value * _MULTIPLIER + column + 1) % (1 << 40)
    return value % TABLE_SIZE
