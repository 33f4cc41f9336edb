"""Checkpoints (`.pt`) of the published release, read into our predictor.

The release's weights were not at hand: the key names are known (`q_proj`, `layer_embedding`,
`cross_attn`, `layer_encoder`, `seg_head`, `op_head`), the mapping is tested on a file made with
those keys, and torch's defaults (post-norm, ReLU) are assumed for what the keys do not tell.
"""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from polar.encoder import DEFAULT_ENCODER
from polar.model import PolarPredictor, PredictorConfig, check_depth, one_line

ENCODER_PREFIX = "embedding_model."  # the frozen encoder, which the release stores along
RENAMED = {
    "q_proj": "token_projection",
    "layer_embedding": "layer_queries",
    "cross_attn": "cross_attention",
    "layer_encoder": "layer_encoder",
    "seg_head": "boundary_head",
    "op_head": "op_head",
}


def load_published(
    path: Path, *, depth: int | None = None, heads: int = 4, encoder: str = DEFAULT_ENCODER
) -> PolarPredictor:
    """The predictor in a `.pt` file of the release, in evaluation mode.

    The file does not name its encoder, nor the number of heads: both are the release's defaults
    unless given. Raises ValueError where the file is none, or is of another depth.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"cannot read the checkpoint {path}: no file that torch.save has written")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise ValueError(f"cannot read the checkpoint {path}: {one_line(error)}") from error
    tensors = rename_weights(_find_weights(content, path))
    try:
        config = _infer_config(tensors, heads, encoder)
        tensors.setdefault("token_projection.bias", torch.zeros(config.d_model))
        predictor = PolarPredictor.fill(config, tensors)
    except (KeyError, IndexError, RuntimeError, ValueError, TypeError) as error:
        raise ValueError(f"{path} holds no PoLar predictor: {one_line(error)}") from error
    check_depth(path, config.depth, depth)
    return predictor


def _find_weights(content: Any, path: Path) -> dict[str, Tensor]:
    """The tensors by name, at the top of the file or one level below, wherever one is known."""
    for place in (content, *(content.values() if isinstance(content, dict) else ())):
        if isinstance(place, dict):
            found = {str(name): value for name, value in place.items() if torch.is_tensor(value)}
            if any(name.removeprefix("module.").partition(".")[0] in RENAMED for name in found):
                return found
    raise ValueError(f"{path} holds no PoLar predictor: none of {', '.join(RENAMED)}")


def rename_weights(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights under our names; the encoder's are left out.

    >>> list(rename_weights({"module.seg_head.bias": torch.zeros(1),
    ...     "layer_embedding.weight": torch.zeros(2, 4), "embedding_model.x": torch.zeros(1)}))
    ['boundary_head.bias', 'layer_queries']
    """
    renamed = {}
    for name, tensor in weights.items():
        name = name.removeprefix("module.")
        if name.startswith(ENCODER_PREFIX):
            continue
        first, _, rest = name.partition(".")
        if first == "layer_embedding":  # an embedding or a bare parameter
            rest = ""
        renamed[".".join(filter(None, (RENAMED.get(first, first), rest)))] = tensor
    return renamed


def _infer_config(weights: dict[str, Tensor], heads: int, encoder: str) -> PredictorConfig:
    """The sizes that the shapes tell. Raises KeyError naming the first key that is missing."""
    queries = weights["layer_queries"]
    if queries.dim() != 2:
        raise RuntimeError(f"layer_embedding has {queries.dim()} dimensions, not 2")
    depth, d_model = queries.shape
    blocks = {name.split(".")[2] for name in weights if name.startswith("layer_encoder.layers.")}
    if not blocks:
        raise KeyError("layer_encoder.layers")
    return PredictorConfig(
        depth=depth,
        encoder_dim=weights["token_projection.weight"].shape[1],
        encoder=encoder,
        d_model=d_model,
        heads=heads,
        layers=len(blocks),
    )
