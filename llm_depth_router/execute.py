"""Run any path of layers on a stock Hugging Face decoder, exactly; one job at a time."""

import copy
import functools
import types
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    DynamicCache,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
)

from llm_depth_router.jobs import Completion, Finish, Job
from llm_depth_router.prompts import StopRule
from llm_depth_router.runner import Runner, encode_prompt, end_token_ids
from llm_depth_router.sampling import can_close, choose_tokens, decode_text, draw_uniforms

SUPPORTED_LAYER_TYPES = {"full_attention", "sliding_attention"}


@contextmanager
def executing(model: PreTrainedModel, path: Sequence[int]) -> Iterator[PreTrainedModel]:
    """Make `model` run the layers of `path`, in that order, until the block ends.

    Each step of the path owns a KV-cache slot, so cached generation equals uncached
    generation. Weights are shared; the model is restored on exit, exceptions included.
    Raises ValueError where the path or the model does not fit.
    """
    decoder = find_decoder(model)
    check_path(path, len(decoder.layers))
    config, layers = decoder.config, decoder.layers
    saved = {name: getattr(config, name) for name in ("num_hidden_layers", "layer_types")
             if hasattr(config, name)}  # fmt: skip
    # The mask type belongs to the layer, the cache slot to the step.
    decoder.layers = nn.ModuleList(
        [view_layer(layers[layer], step) for step, layer in enumerate(path)]
    )
    config.num_hidden_layers = len(path)
    if "layer_types" in saved:
        config.layer_types = [saved["layer_types"][layer] for layer in path]
    try:
        yield model
    finally:
        decoder.layers = layers
        for name, value in saved.items():
            setattr(config, name, value)


def check_path(path: Sequence[int], depth: int) -> None:
    """Raise a ValueError that names the culprit unless `path` is a path of layers 0…depth-1.

    >>> check_path((0, 7), depth=4)
    Traceback (most recent call last):
    ValueError: step 1 of the path names layer 7; this model has the layers 0…3
    """
    if not path:
        raise ValueError("the path is empty: name at least one layer")
    for step, layer in enumerate(path):
        if not 0 <= layer < depth:
            raise ValueError(
                f"step {step} of the path names layer {layer}; this model has the layers "
                f"0…{depth - 1}"
            )


def find_decoder(model: PreTrainedModel) -> Any:
    """The module of `model` that owns its `layers`; ValueError where its shape does not fit."""
    name = type(model).__name__
    decoder = model.get_decoder()
    parts = ("layers", "embed_tokens", "norm", "rotary_emb")
    missing = [part for part in parts if not isinstance(getattr(decoder, part, None), nn.Module)]
    if missing:
        raise ValueError(
            f"{name} does not fit: its decoder {type(decoder).__name__} has no "
            f"{', '.join(missing)}. Load a decoder of the Llama shape (Llama, Qwen, Gemma 3, …)"
        )
    if not all(_slot_owners(layer) for layer in decoder.layers):
        raise ValueError(f"{name} does not fit: a decoder layer has no attention with a layer_idx")
    odd = set(getattr(decoder.config, "layer_types", None) or []) - SUPPORTED_LAYER_TYPES
    if odd:
        raise ValueError(
            f"{name} does not fit: it has layers of type {', '.join(sorted(odd))}; "
            f"supported are {', '.join(sorted(SUPPORTED_LAYER_TYPES))}"
        )
    return decoder


def _slot_owners(module: nn.Module) -> list[nn.Module]:
    return [part for part in module.modules() if "layer_idx" in part.__dict__]


def view_layer(module: Any, step: int) -> Any:
    """A shallow copy of `module` that shares its weights and caches in slot `step`."""
    view = copy.copy(module)
    view._modules = {
        name: view_layer(child, step) if child is not None and _slot_owners(child) else child
        for name, child in module._modules.items()
    }
    if "layer_idx" in view.__dict__:
        view.layer_idx = step
    if "_old_forward" in view.__dict__:  # accelerate has bound a forward to the original: rebind
        view._old_forward = types.MethodType(type(view).forward, view)
        view.forward = functools.partial(module.forward.func, view)
    return view


def run_job(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    job: Job,
    *,
    max_new_tokens: int,
    stop: StopRule | None = None,
    temperature: float = 0.0,
) -> Completion:
    """Run one job through stock `generate()`; what the engine is measured against.

    Raises ValueError where the path is invalid or the prompt too long for the model.
    """
    ids = encode_prompt(model, tokenizer, job.prompt, max_new_tokens)
    prompt = torch.tensor([ids], device=model.device)
    generator: Any = model
    watch = _StopWatch(tokenizer, stop, len(ids))
    settings = _plain_generation(model, max_new_tokens)
    processors = LogitsProcessorList()
    if temperature > 0:
        uniforms = draw_uniforms(job.seed, max_new_tokens)
        processors.append(_SeededSampling(temperature, uniforms, len(ids)))
    with executing(model, job.path), torch.inference_mode():
        output = generator.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            generation_config=settings,
            past_key_values=DynamicCache(config=find_decoder(model).config),
            logits_processor=processors,
            stopping_criteria=StoppingCriteriaList([watch]),
        )
    token_ids = output[0, len(ids) :].tolist()
    finish: Finish = "stop" if watch.is_complete else "length"
    if token_ids[-1] in end_token_ids(model):
        finish = "eos"
    return Completion(decode_text(tokenizer, token_ids), tuple(token_ids), finish)


def _plain_generation(model: PreTrainedModel, max_new_tokens: int) -> GenerationConfig:
    """Greedy and nothing else: no penalty that a model's own generation config may bring."""
    ends = end_token_ids(model)
    return GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        temperature=1.0,
        top_p=1.0,
        top_k=50,
        eos_token_id=ends or None,
        pad_token_id=ends[0] if ends else 0,
    )


class _StopWatch(StoppingCriteria):
    """Ends a single row when its answer is complete."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, stop: StopRule | None, prompt_tokens: int
    ) -> None:
        self.tokenizer, self.stop, self.prompt_tokens = tokenizer, stop, prompt_tokens
        self.is_complete = False

    def __call__(self, input_ids: Tensor, scores: Tensor, **kwargs: object) -> Tensor:
        token_ids = input_ids[0, self.prompt_tokens :].tolist()
        if self.stop is not None and can_close(self.tokenizer, self.stop, token_ids[-1]):
            self.is_complete = self.stop.is_complete(decode_text(self.tokenizer, token_ids))
        return torch.tensor([self.is_complete], device=input_ids.device)


class _SeededSampling(LogitsProcessor):
    """Leaves one token possible: the one the job's own random numbers choose."""

    def __init__(self, temperature: float, uniforms: Tensor, prompt_tokens: int) -> None:
        self.temperature, self.uniforms, self.prompt_tokens = temperature, uniforms, prompt_tokens

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        index = input_ids.shape[1] - self.prompt_tokens
        chosen = choose_tokens(
            scores,
            torch.tensor([self.temperature], device=scores.device),
            self.uniforms[index : index + 1].to(scores.device),
        )
        return torch.full_like(scores, -torch.inf).scatter(1, chosen.unsqueeze(1), 0.0)


class SequentialRunner(Runner):
    """Runs one job per `step` through `run_job`: slow, simple, and the engine's oracle."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.model, self.tokenizer = model, tokenizer
        self._queue: deque[tuple[int, Job, int, StopRule | None, float]] = deque()
        self._tickets = 0

    @property
    def pending(self) -> int:
        return len(self._queue)

    def submit(
        self,
        job: Job,
        *,
        max_new_tokens: int,
        stop: StopRule | None = None,
        temperature: float = 0.0,
    ) -> int:
        self._tickets += 1
        self._queue.append((self._tickets, job, max_new_tokens, stop, temperature))
        return self._tickets

    def step(self) -> list[tuple[int, Completion]]:
        if not self._queue:
            return []
        ticket, job, max_new_tokens, stop, temperature = self._queue.popleft()
        try:
            completion = run_job(
                self.model,
                self.tokenizer,
                job,
                max_new_tokens=max_new_tokens,
                stop=stop,
                temperature=temperature,
            )
        except ValueError as error:
            completion = Completion("", (), "error", str(error))
        return [(ticket, completion)]
