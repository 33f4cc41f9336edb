"""The engine refuses a model whose forward pass it would not reproduce."""

import pytest

from llm_depth_router.engine import Engine


def test_every_family_fits(family, make_model, tokenizer):
    Engine(make_model(family), tokenizer)


def test_a_model_that_scales_its_logits_is_refused(make_model, tokenizer):
    model = make_model("llama")
    head = model.forward

    def scaled(*args, **kwargs):
        output = head(*args, **kwargs)
        output.logits = output.logits * 2
        return output

    model.forward = scaled
    with pytest.raises(ValueError, match="LlamaForCausalLM does not fit the engine"):
        Engine(model, tokenizer)
