"""Text to answer, and answer to verdict, in processes that cannot hang or be hijacked."""

from dart_math.extract import CONTRACTS, extract_answer
from dart_math.grader import Grader, Verdict

__all__ = ["CONTRACTS", "Grader", "Verdict", "extract_answer"]
