"""The engine refuses a model whose forward pass it would not reproduce."""

import pytest
from transformers import AutoModelForCausalLM

from llm_depth_router.engine import Engine
from llm_depth_router.execute import SequentialRunner
from llm_depth_router.jobs import Job

ROPES = {
    "dynamic": {"rope_type": "dynamic", "rope_theta": 100.0, "factor": 2.0},
    "longrope": {
        "rope_type": "longrope",
        "rope_theta": 100.0,
        "factor": 4.0,
        "short_factor": [1.0, 1.0, 1.0, 1.0],
        "long_factor": [1.0, 2.0, 3.0, 4.0],
        "original_max_position_embeddings": 20,
    },
}


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


@pytest.mark.parametrize(("rope", "positions"), [("dynamic", 20), ("longrope", 80)])
def test_positions_that_depend_on_the_length_are_exact_or_refused(
    rope, positions, make_model, tokenizer
):
    config = make_model("llama").config
    config.max_position_embeddings, config.rope_parameters = positions, ROPES[rope]
    model = AutoModelForCausalLM.from_config(config).eval()
    jobs = [Job("abcdefgh", path) for path in ((0, 1, 2, 3), (0, 1, 1, 3))]
    expected = SequentialRunner(model, tokenizer).generate(jobs, max_new_tokens=10)
    long, *short = Engine(model, tokenizer).generate(
        [Job("abcdefghijklmnop", (0, 1, 2, 3)), *jobs], max_new_tokens=10
    )
    assert short == expected
    assert long.finish == "error" and "20" in long.error
