"""Guaranteed: recorded verdicts are drawn evenly and in the same way every time, and run with the
model, prompt and dtype of the header; what comes out otherwise is counted by direction."""

from collections import Counter

import pytest

from mcts.samples import Sample, load_samples, write_samples
from polar.launch import find_place
from polar.recheck import draw_recorded, recheck_samples

PATHS = ((0, 1), (0,), (1,), (1, 0), (0, 0))


@pytest.fixture
def toy(tmp_path):
    """Six questions, of five paths each."""
    rows = [Sample(f"q{n}", f"Q{n}", "1", None, 1.0, PATHS[:2], PATHS[2:]) for n in range(6)]
    write_samples(tmp_path / "toy.json", {}, rows)
    return tmp_path / "toy.json"


def test_verdicts_are_drawn_over_all_questions_the_same_way_every_time(toy):
    drawn = draw_recorded(toy, 10, seed=0)
    assert drawn == draw_recorded(toy, 10, seed=0) != draw_recorded(toy, 10, seed=1)
    assert len({(each.question.id, each.path) for each in drawn}) == 10
    assert all(each.correct == (each.path in PATHS[:2]) for each in drawn)
    times = Counter(
        (each.question.id, each.path)
        for seed in range(300)
        for each in draw_recorded(toy, 10, seed)
    )
    assert len(times) == 30 and all(60 < number < 140 for number in times.values())  # mean 100


def test_a_number_above_that_of_the_verdicts_takes_all(toy):
    assert len(draw_recorded(toy, 100, seed=0)) == 30


def test_verdicts_of_a_search_agree_and_turned_ones_are_counted_by_direction(
    command, workspace, tmp_path
):
    output = tmp_path / "samples.json"
    flags = ("--model_path", workspace.model, "--questions", workspace.questions, "--device", "cpu",
             "--target_diff", 1, "--num_simulations", 4, "--num_questions", 3,
             "--max_new_tokens", 2, "--output", output)  # fmt: skip
    assert command("scripts/run_mcts.py", *flags) == 0
    arguments = (100, 0, str(workspace.model), find_place("cpu"))
    found = recheck_samples(output, *arguments)
    assert (found.agreement, found.question_ids) == ((12, 12), [])

    file = load_samples(output)
    first, *rest = file.samples
    turned = Sample(first.id, first.question, first.answer, None, 1.0,
                    first.invalid_paths[:1], first.invalid_paths[1:])  # fmt: skip
    write_samples(output, file.header, [turned, *rest])
    found = recheck_samples(output, *arguments)
    assert found.agreement == (11, 12)
    assert (len(found.now_invalid), found.now_valid) == (1, ())
    assert found.question_ids == [first.id]


@pytest.mark.parametrize(
    ("header", "model", "message"),
    [
        ({}, None, "has no model, prompt, dtype, depth in its header"),
        ({"model": "other"}, "tiny-llama", "were searched with other, not tiny-llama"),
        ({"model": "tiny"}, None, "unknown model 'tiny'.*give --model_path"),
        ({"model": "tiny-llama", "depth": 9}, "tiny-llama", "a model with 9 layers, .* has 4"),
        ({"model": "tiny-llama", "weights": "abc"}, "tiny-llama", "with other weights or another"),
        ({"model": "tiny-llama", "tokenizer": "abc"}, "tiny-llama", "with another tokenizer"),
        ({"model": "tiny-llama", "prompt": {"style": "direct", "text": "x"}}, "tiny-llama",
         "searched with another prompt"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_refused(workspace, tmp_path, header, model, message):
    whole = {"model": "", "prompt": {}, "dtype": "float32", "depth": 4} | header if header else {}
    write_samples(tmp_path / "s.json", whole, [Sample("q", "Q", "1", None, 1.0, ((0, 1),), ())])
    with pytest.raises(ValueError, match=message):
        recheck_samples(tmp_path / "s.json", 3, 0, model, find_place("cpu"))
