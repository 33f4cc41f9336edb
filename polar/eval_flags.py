"""The flags of an evaluation, the same in every command that has one."""

import argparse
from collections.abc import Mapping
from typing import Any

import torch

from llm_depth_router.models import DTYPES, find_row
from llm_depth_router.prompts import STYLES
from polar.arguments import positive_float, positive_int
from polar.decode import DecodeConfig
from polar.engine_flags import add_memory_arguments
from polar.eval_config import TEMPERATURES, EvalConfig, EvalSetup
from polar.prompting import choose_dtype, choose_prompting


def add_eval_arguments(group: argparse._ArgumentGroup, top_k_paths: int) -> None:
    """Decoding, baselines, and how candidates are run; `seed` and `device` are the command's."""
    add = group.add_argument
    add("--beam_size", type=int, default=5, help="default: 5")
    add("--top_k_paths", type=int, default=top_k_paths, help="candidates (default: %(default)s)")
    add("--top_k_ops", type=int, default=2, help="operations kept per segment (default: 2)")
    add("--seg_threshold", type=float, default=0.5, help="boundary threshold (default: 0.5)")
    add("--len_penalty", type=float, default=0.0, help="per executed layer (default: 0)")
    add(
        "--temperatures",
        type=positive_float,
        nargs="*",
        default=TEMPERATURES,
        metavar="T",
        help="of the sampling baselines (default: 0.3 0.7 1.0); no number: none of them",
    )
    add("--max_new_tokens", type=positive_int, help="default: as in the search")
    add("--prompt_style", choices=STYLES, help="default: as in the search")
    add("--chat_template", action="store_true", default=None, help="default: as in the search")
    add("--dtype", choices=DTYPES, help="default: as in the search")
    add_memory_arguments(group)


def make_eval_config(args: argparse.Namespace) -> EvalConfig:
    """The settings that the flags ask for."""
    decode = DecodeConfig(
        args.beam_size, args.top_k_paths, args.top_k_ops, args.seg_threshold, args.len_penalty
    )
    return EvalConfig(decode, tuple(args.temperatures), args.seed, args.cache_gb, args.prefix_gb)


def make_setup(
    args: argparse.Namespace, config: EvalConfig, device: torch.device, header: Mapping[str, Any]
) -> EvalSetup:
    """What is run and how: as the flags say, else as the `header` of the samples says.

    Raises ValueError where the two contradict each other.
    """
    return EvalSetup(
        model=args.model_path,
        dtype=choose_dtype(args.dtype, header.get("dtype"), device),
        device=device,
        prompting=choose_prompting(
            find_row(args.model_path),
            style=args.prompt_style,
            chat_template=args.chat_template,
            max_new_tokens=args.max_new_tokens,
            searched=header.get("prompt"),
        ),
        config=config,
        searched=header,
    )
