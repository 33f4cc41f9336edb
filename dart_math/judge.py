"""What exact numbers and the shape of two trees leave open, and who decides it."""

from typing import Protocol

from dart_math.nodes import Node


class Judge(Protocol):
    """Decides what exact numbers and the shape of the trees leave open."""

    def equal(self, answer: Node, reference: Node) -> bool:
        """Whether two expressions have the same value."""

    def proportional(self, answer: Node, reference: Node, positive: bool) -> bool:
        """Whether one expression is a constant (positive) multiple of the other."""

    def same_set(self, answer: Node, reference: Node) -> bool:
        """Whether two sets of real numbers, or conditions on one variable, are the same."""
