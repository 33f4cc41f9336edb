"""Counting what the engine did."""

from dataclasses import dataclass


@dataclass
class Meter:
    """Work done so far: tokens times layers, rows through the head, and the host's seconds.

    On a GPU the seconds are those of launching, not of running.
    """

    prefill_token_layers: int = 0
    decode_token_layers: int = 0
    head_rows: int = 0
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0
    accepted_tokens: int = 0
    layer_calls: int = 0
    sweeps: int = 0
