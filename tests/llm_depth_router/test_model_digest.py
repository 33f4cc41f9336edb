"""Guaranteed: the digest is the same for the same model anywhere, and another for any other."""

import torch
from transformers import AutoModelForCausalLM

from llm_depth_router.model_digest import digest_model


def test_a_copy_in_another_folder_has_the_same_digest(make_model, tmp_path) -> None:
    model = make_model("llama")
    model.save_pretrained(tmp_path / "copy")
    copy = AutoModelForCausalLM.from_pretrained(tmp_path / "copy")
    assert len(digest_model(model)) == 16
    digests = set()
    for folder in ("first", "second"):
        copy.save_pretrained(tmp_path / folder)
        digests.add(digest_model(AutoModelForCausalLM.from_pretrained(tmp_path / folder)))
    assert len(digests) == 1


def test_other_weights_and_another_config_have_other_digests(make_model) -> None:
    model = make_model("llama")
    first = digest_model(model)
    model.config.rms_norm_eps *= 10
    second = digest_model(model)
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[-1, -1] += 1
    assert len({first, second, digest_model(model)}) == 3
