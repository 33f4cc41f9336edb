"""Executing a path is exactly f_iK ∘ … ∘ f_i1, cached or not, batched or not, on every family."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from llm_depth_router.execute import SequentialRunner, executing, run_job
from llm_depth_router.jobs import Job
from llm_depth_router.prompts import StopRule

PATHS = {
    "skips": (0, 3),
    "block repeat": (0, 1, 2, 1, 2, 3),
    "no layer 0": (2, 1, 3),
    "length 1": (1,),
    "longer than D": (0, 0, 1, 2, 2, 1, 3, 3, 0),
    "sliding layers only": (0, 2, 0),
}
FULL = (0, 1, 2, 3)
UNUSED = 259


@pytest.fixture(params=["sdpa", "eager"])
def model(request, family, make_model):
    return make_model(family, request.param)


def prompts(rows: int, length: int = 12) -> torch.Tensor:
    return torch.randint(0, 256, (rows, length), generator=torch.Generator().manual_seed(1))


def greedy(model, ids, **options):
    options = {"max_new_tokens": 10, "do_sample": False, "eos_token_id": None, **options}
    mask = options.pop("attention_mask", torch.ones_like(ids))
    with torch.inference_mode():
        return model.generate(ids, attention_mask=mask, **options)[:, ids.shape[1] :].tolist()


def compose(model, path, ids):
    """The logits of the composition, spelled out: a stock model whose layer list is the path."""
    decoder = model.model
    layers, types = decoder.layers, getattr(decoder.config, "layer_types", None)
    decoder.layers = torch.nn.ModuleList([layers[layer] for layer in path])
    decoder.config.num_hidden_layers = len(path)
    if types is not None:
        decoder.config.layer_types = [types[layer] for layer in path]
    logits = model(ids, use_cache=False).logits
    decoder.layers, decoder.config.num_hidden_layers = layers, len(layers)
    if types is not None:
        decoder.config.layer_types = types
    return logits


def test_full_path_is_bit_equal_to_the_untouched_model(model):
    ids = prompts(2)
    expected, tokens = model(ids).logits, greedy(model, ids)
    with executing(model, FULL):
        assert torch.equal(model(ids).logits, expected)
        assert greedy(model, ids) == tokens


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_path_is_the_composition_of_its_layers(model, path):
    ids = prompts(1)
    expected = compose(model, path, ids)
    with executing(model, path):
        assert torch.equal(model(ids, use_cache=False).logits, expected)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_cached_greedy_equals_uncached_greedy(model, path):
    ids = prompts(1)
    with executing(model, path):
        assert greedy(model, ids) == greedy(model, ids, use_cache=False)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_padded_batch_equals_each_row_alone(model, path):
    ids = prompts(3)
    mask = torch.ones_like(ids)
    mask[0, :5], mask[1, :1] = 0, 0
    with executing(model, path):
        alone = [greedy(model, ids[row : row + 1, mask[row] == 1])[0] for row in range(3)]
        assert greedy(model, ids, attention_mask=mask) == alone


def test_the_model_is_restored_after_an_exception(model):
    ids = prompts(1)
    before = model(ids).logits
    config = model.config.to_dict()
    layers = model.model.layers
    with pytest.raises(RuntimeError, match="inside"), executing(model, (1, 1)):
        raise RuntimeError("inside")
    assert model.model.layers is layers
    assert model.config.to_dict() == config
    assert torch.equal(model(ids).logits, before)


def test_views_share_weights_and_leave_the_layers_their_own_index(make_model):
    model = make_model("llama")
    with executing(model, (2, 2)):
        views = model.model.layers
        assert [view.self_attn.layer_idx for view in views] == [0, 1]
        assert views[0].mlp.up_proj.weight is views[1].mlp.up_proj.weight
    assert [layer.self_attn.layer_idx for layer in model.model.layers] == [0, 1, 2, 3]


def test_accelerate_hooks_run_on_the_view_and_not_on_the_original(make_model):
    hooks = pytest.importorskip("accelerate.hooks")
    model, ids = make_model("llama"), prompts(1)
    with executing(model, PATHS["block repeat"]):
        expected = greedy(model, ids)
    for layer in model.model.layers:
        hooks.add_hook_to_module(layer, hooks.AlignDevicesHook(execution_device="cpu"))
    with executing(model, PATHS["block repeat"]):
        assert greedy(model, ids) == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ((), "the path is empty"),
        ((0, 4), "step 1 of the path names layer 4; this model has the layers 0…3"),
        ((-1,), "step 0 of the path names layer -1"),
    ],
)
def test_an_invalid_path_is_named(make_model, path, message):
    with pytest.raises(ValueError, match=message), executing(make_model("llama"), path):
        pass


def test_a_model_that_does_not_fit_is_named():
    config = GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=16, n_positions=16)
    with (
        pytest.raises(ValueError, match="GPT2LMHeadModel does not fit"),
        executing(GPT2LMHeadModel(config), (0,)),
    ):
        pass


def test_run_job_is_plain_greedy_generation(make_model, tokenizer):
    model = make_model("llama")
    model.generation_config.repetition_penalty = 1.5  # a model's own habit must not leak in
    completion = run_job(model, tokenizer, Job("hello", FULL), max_new_tokens=8)
    ids = torch.tensor([tokenizer("hello").input_ids])
    expected = greedy(model, ids, max_new_tokens=8, repetition_penalty=1.0)[0]
    assert list(completion.token_ids) == expected
    assert completion.finish == "length"
    assert completion.text == tokenizer.decode(expected, skip_special_tokens=True)


def test_run_job_stops_at_a_complete_answer_and_at_the_end_token(make_model, tokenizer):
    model = make_model("llama")
    free = run_job(model, tokenizer, Job("hello", FULL), max_new_tokens=8).token_ids
    readable = next(token for token in free[1:] if tokenizer.decode([token]).isascii())
    closer, first = tokenizer.decode([readable]), free.index(readable)
    stop = StopRule(closers=(closer,), is_complete=lambda text: closer in text)
    stopped = run_job(model, tokenizer, Job("hello", FULL), max_new_tokens=8, stop=stop)
    assert (stopped.token_ids, stopped.finish) == (free[: first + 1], "stop")
    model.generation_config.eos_token_id = [UNUSED, readable]
    ended = run_job(model, tokenizer, Job("hello", FULL), max_new_tokens=8)
    assert (ended.token_ids, ended.finish) == (free[: first + 1], "eos")


def test_sampling_depends_on_the_seed_alone(make_model, tokenizer):
    model = make_model("llama")

    def sample(seed):
        job = Job("hello", FULL, seed)
        return run_job(model, tokenizer, job, max_new_tokens=8, temperature=1.0).token_ids

    assert sample(1) == sample(1)
    assert len({sample(seed) for seed in range(4)}) == 4


def test_the_sequential_runner_reports_a_failing_job_and_finishes_the_others(make_model, tokenizer):
    model = make_model("llama")
    runner = SequentialRunner(model, tokenizer)
    jobs = [Job("a", FULL), Job("b", (9,)), Job("c" * 300, FULL), Job("d", (1,))]
    counted = []
    done = runner.generate(jobs, max_new_tokens=4, progress=counted.append)
    assert [completion.finish for completion in done] == ["length", "error", "error", "length"]
    assert "layer 9" in done[1].error
    assert "300 tokens" in done[2].error
    assert counted == [1, 1, 1, 1]
    assert done[3] == run_job(model, tokenizer, jobs[3], max_new_tokens=4)


def test_generate_refuses_to_lose_submitted_tickets(make_model, tokenizer):
    runner = SequentialRunner(make_model("llama"), tokenizer)
    ticket = runner.submit(Job("a", FULL), max_new_tokens=1)
    with pytest.raises(ValueError, match="1 tickets are out"):
        runner.generate([Job("b", FULL)], max_new_tokens=1)
    assert [finished for finished, _ in runner.step()] == [ticket]
    assert runner.step() == []
