"""A digest that tells two models apart, whatever their names."""

import hashlib
import json

import torch
from transformers import PreTrainedModel

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
