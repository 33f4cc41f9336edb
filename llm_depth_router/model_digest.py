"""Digests that tell two models, or two tokenizers, apart, whatever their names."""

import hashlib
import json

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

ENDS = 16  # values at each end of a parameter
OF_THE_FILES = ("transformers_version", "_name_or_path")  # of a config; not of what it computes


def digest_model(model: PreTrainedModel) -> str:
    """16 hex digits over the config and every parameter's name, shape and both ends.

    The ends suffice: training changes all of a parameter, and reading the rest takes a while.
    """
    config = {k: v for k, v in model.config.to_dict().items() if k not in OF_THE_FILES}
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    for name, parameter in model.named_parameters():
        flat = parameter.detach().reshape(-1)
        ends = torch.cat([flat[:ENDS], flat[-ENDS:]]).float().cpu()
        digest.update(f"{name} {tuple(parameter.shape)}".encode() + ends.numpy().tobytes())
    return digest.hexdigest()[:16]


def digest_tokenizer(tokenizer: PreTrainedTokenizerBase) -> str:
    """16 hex digits over what turns text into tokens and back, and the chat template."""
    parts = [tokenizer.get_vocab(), tokenizer.special_tokens_map, tokenizer.chat_template]
    if tokenizer.is_fast:
        rules = json.loads(tokenizer.backend_tokenizer.to_str())
        parts += [rules[name] for name in ("normalizer", "pre_tokenizer", "model", "decoder")]
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
