"""Counting what the engine did."""

from dataclasses import dataclass


@dataclass
class Meter:
    """Work done so far: tokens times layers, rows through the head, and the host's seconds.

    A call's seconds go to prompts and generated tokens by their number. On a GPU they are those of
    launching, not of running.
    """

    prefill_token_layers: int = 0
    decode_token_layers: int = 0
    head_rows: int = 0
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0
    accepted_tokens: int = 0
    layer_calls: int = 0
    sweeps: int = 0

    def count_call(self, prompt_tokens: int, tokens: int, seconds: float) -> None:
        """A call of a layer with `tokens`, of which the first `prompt_tokens` are of prompts."""
        self.prefill_token_layers += prompt_tokens
        self.decode_token_layers += tokens - prompt_tokens
        self.prefill_seconds += seconds * prompt_tokens / tokens
        self.decode_seconds += seconds * (tokens - prompt_tokens) / tokens
        self.layer_calls += 1
