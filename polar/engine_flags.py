"""The flags of commands that ask a model by the engine: how it is asked, and where it runs."""

import argparse

from llm_depth_router.models import DTYPES
from llm_depth_router.prompts import STYLES
from polar.arguments import positive_float, positive_int


def add_prompt_arguments(group: argparse._ArgumentGroup) -> None:
    """How a question is put."""
    add = group.add_argument
    add("--prompt_style", choices=STYLES, help="default: the model's own")
    add("--chat_template", action="store_true", help="wrap it in the chat template")
    add("--max_new_tokens", type=positive_int, help="default: the prompt style's")


def add_engine_arguments(group: argparse._ArgumentGroup) -> None:
    """Where it runs, and in how much memory."""
    add = group.add_argument
    add("--dtype", choices=DTYPES, help="default: float32 on CPU, else bfloat16")
    add("--device", help="default: cuda where there is one, else cpu")
    add_memory_arguments(group)


def add_memory_arguments(group: argparse._ArgumentGroup) -> None:
    """The two budgets of the engine."""
    add = group.add_argument
    add("--cache_gb", type=positive_float, default=2.0, help="memory of running jobs (default: 2)")
    add("--prefix_gb", type=positive_float, default=1.0, help="of prompt states (default: 1)")
