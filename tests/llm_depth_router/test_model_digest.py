"""Guaranteed: the digest is the same for the same model anywhere, and another for any other."""

import copy as copies
import json

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from llm_depth_router.model_digest import digest_model, digest_tokenizer


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


def test_a_tokenizer_that_means_other_texts_by_its_tokens_has_another_digest(tokenizer) -> None:
    before = digest_tokenizer(tokenizer)
    tokenizer("a b", padding="max_length", max_length=9, truncation=True)  # leaves no trace
    assert digest_tokenizer(copies.deepcopy(tokenizer)) == before
    rules = json.loads(tokenizer.backend_tokenizer.to_str())
    vocabulary = rules["model"]["vocab"]
    vocabulary["1"], vocabulary["7"] = vocabulary["7"], vocabulary["1"]
    swapped = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(rules)))
    templated = copies.deepcopy(tokenizer)
    templated.chat_template = "{{ messages }}"
    digests = {before, digest_tokenizer(swapped), digest_tokenizer(templated)}
    assert len(digests) == 3
