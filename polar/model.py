"""The PoLar predictor: question → boundary and op logits for every layer (§3.2)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from huggingface_hub import ModelCard, PyTorchModelHubMixin, hf_hub_download
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from mcts.atomic import replace_file
from mcts.json_shape import check_fields, check_shape, parse_json
from polar.attention import cross_attend
from polar.block import run_blocks
from polar.model_card import TEMPLATE, is_hub_id
from polar.program import Op

WEIGHTS = "predictor.safetensors"
METADATA_KEY, METRICS_KEY, TRAINED_KEY = "predictor_config", "metrics", "trained_on"


@dataclass(frozen=True)
class PredictorConfig:
    """Sizes of a predictor, and what it was trained for (`encoder` and `model` are names).

    `encoder_digest` tells the files of an encoder that is a folder; empty for any other.
    """

    depth: int
    encoder_dim: int
    encoder: str = ""
    encoder_digest: str = ""
    model: str = ""
    d_model: int = 256
    heads: int = 4
    layers: int = 2
    dropout: float = 0.1

    def __post_init__(self) -> None:
        check_fields(self, "the config")
        for name in ("depth", "encoder_dim", "d_model", "heads", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.d_model % self.heads:
            raise ValueError(f"d_model {self.d_model} is no multiple of heads {self.heads}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), not {self.dropout}")


class PredictorLogits(NamedTuple):
    """What the predictor says about each question."""

    boundary: Tensor  # [B, D]
    op: Tensor  # [B, D, 3]


class PolarPredictor(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="polar",
    license="mit",
    tags=["polar", "dynamic-depth"],
    paper_url="https://arxiv.org/abs/2606.06574",
    model_card_template=TEMPLATE,
):
    """Layer queries read the question by cross-attention, then talk to each other over depth.

    2.11M parameters at D = 28 and a 1024-wide encoder (Table 11). The encoder is no part of it: it
    is frozen, and `save_pretrained` would store it. `metrics` tells how the weights came to be; it
    is stored with them and printed on the model card. `trained_on` marks the questions of training
    and validation (polar.trained_on); None where nobody knows them.
    """

    metrics: dict[str, float]
    trained_on: frozenset[str] | None

    def __init__(self, config: PredictorConfig) -> None:
        super().__init__()
        self.config = config
        self.metrics = {}
        self.trained_on = None
        d = config.d_model
        self.token_projection = nn.Linear(config.encoder_dim, d)
        self.layer_queries = nn.Parameter(torch.randn(config.depth, d))
        self.cross_attention = nn.MultiheadAttention(d, config.heads, batch_first=True)
        block = nn.TransformerEncoderLayer(
            d, config.heads, dim_feedforward=4 * d, dropout=config.dropout, batch_first=True
        )
        self.layer_encoder = nn.TransformerEncoder(block, config.layers, enable_nested_tensor=False)
        self.boundary_head = nn.Linear(d, 1)
        self.op_head = nn.Linear(d, len(Op))

    def forward(self, features: Tensor, mask: Tensor) -> PredictorLogits:
        """Logits for features [B, T, E] whose real tokens are True in mask [B, T]."""
        tokens = self.token_projection(features)  # [B, T, d]
        layers = cross_attend(self.cross_attention, self.layer_queries, tokens, mask)  # [B, D, d]
        layers = run_blocks(self.layer_encoder, layers)
        return PredictorLogits(self.boundary_head(layers).squeeze(-1), self.op_head(layers))

    def save_weights(self, path: Path) -> None:
        """Write weights and config into one safetensors file, atomically."""
        tensors = {name: tensor.contiguous() for name, tensor in self.state_dict().items()}
        metadata = {
            METADATA_KEY: json.dumps(asdict(self.config)),
            METRICS_KEY: json.dumps(self.metrics),
        }
        if self.trained_on is not None:
            metadata[TRAINED_KEY] = json.dumps(sorted(self.trained_on))
        with replace_file(path) as file:
            file.write(save(tensors, metadata))

    @classmethod
    def load_weights(cls, path: Path, *, depth: int | None = None, device: str = "cpu") -> Self:
        """The predictor in a file of `save_weights`, in evaluation mode.

        Raises ValueError where the file is none, or was trained for a model of another depth.
        """
        try:
            with safe_open(path, framework="pt", device=device) as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise ValueError(f"cannot read the predictor {path}: {error}") from error
        if METADATA_KEY not in metadata:
            raise ValueError(f"{path} holds no predictor: its header has no {METADATA_KEY!r}")
        try:
            config = PredictorConfig(**parse_json(metadata[METADATA_KEY]))
            metrics = parse_json(metadata.get(METRICS_KEY, "{}"))
            check_shape(metrics, {str: float}, METRICS_KEY)
            trained_on = parse_json(metadata.get(TRAINED_KEY, "null"))
            if trained_on is not None:
                check_shape(trained_on, [str], TRAINED_KEY)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no predictor of this version: {error}") from error
        check_depth(path, config.depth, depth)
        try:
            predictor = cls.fill(config, tensors)
        except (RuntimeError, ValueError, TypeError) as error:
            reason = one_line(error)
            raise ValueError(f"{path} does not hold what its config says: {reason}") from error
        predictor.metrics = metrics
        predictor.trained_on = None if trained_on is None else frozenset(trained_on)
        return predictor

    @classmethod
    def fill(cls, config: PredictorConfig, tensors: Mapping[str, Tensor]) -> Self:
        """A predictor of copies of these weights, where they are, in evaluation mode.

        Copies, since the file behind them may change; they take no more memory than the weights,
        whatever the config says. Raises RuntimeError or TypeError where they do not fit it,
        ValueError where they are no finite numbers.
        """
        if config.layers > len(tensors):
            raise ValueError(f"{config.layers} blocks of {len(tensors)} tensors")
        with torch.device("meta"):
            predictor = cls(config)
        if not all(tensor.is_floating_point() for tensor in tensors.values()):
            raise ValueError("some weights are no real numbers")
        copies = {name: tensor.to(torch.float32, copy=True) for name, tensor in tensors.items()}
        if not all(bool(tensor.isfinite().all()) for tensor in copies.values()):
            raise ValueError("some weights are not finite")
        predictor.load_state_dict(copies, assign=True)
        return predictor.eval()

    def generate_model_card(self, *args: Any, **fields: Any) -> ModelCard:
        """The card of `save_pretrained` and `push_to_hub`, with sizes, base model and metrics."""
        card = super().generate_model_card(
            *args, config=self.config, metrics=self.metrics, **fields
        )
        if is_hub_id(self.config.model):
            card.data["base_model"] = self.config.model
        return card

    def _save_pretrained(self, save_directory: Path) -> None:
        """Called by `save_pretrained`, which adds config.json and a model card."""
        self.save_weights(save_directory / WEIGHTS)

    @classmethod
    def _from_pretrained(
        cls, *, model_id: str, depth: int | None = None, map_location: str = "cpu", **options: Any
    ) -> Self:
        """Called by `from_pretrained` with a directory or hub id; the file's own config counts."""
        local = Path(model_id) / WEIGHTS
        if not Path(model_id).is_dir():
            download = ("revision", "cache_dir", "force_download", "token", "local_files_only")
            chosen = {name: options[name] for name in download}
            local = Path(hf_hub_download(repo_id=model_id, filename=WEIGHTS, **chosen))
        return cls.load_weights(local, depth=depth, device=map_location)


def one_line(error: Exception) -> str:
    """What an error of torch says, without its line breaks.

    >>> one_line(RuntimeError("Error(s) in loading:\\n\\tsize mismatch"))
    'Error(s) in loading: size mismatch'
    """
    return " ".join(str(error).split())[:300]


def check_depth(path: Path, trained: int, wanted: int | None) -> None:
    """Raise ValueError where a checkpoint was trained for a model of another depth."""
    if wanted is not None and trained != wanted:
        raise ValueError(
            f"{path} was trained for a model of {trained} layers, this one has {wanted}: "
            "give the checkpoint of this model, or train one"
        )
