"""Guaranteed: every draw samples the full path under a seed of its own, the same in every run."""

import pytest

from dart_math.grader import Grader
from llm_depth_router.execute import SequentialRunner
from llm_depth_router.models import LoadedModel, ModelRow
from polar.draws import choose_draws, draw_seed
from polar.prompting import choose_prompting
from polar.questions import Question
from polar.verify import Verifier

QUESTIONS = [Question("one", "What is 1 + 1?", "2"), Question("two", "What is 2 + 2?", "4")]


@pytest.fixture
def verifier(make_model, tokenizer):
    loaded = LoadedModel("tiny", make_model("llama"), tokenizer, ModelRow("tiny"))
    prompting = choose_prompting(loaded.row, style="fewshot", max_new_tokens=4)
    runner = SequentialRunner(loaded.model, tokenizer)
    with Grader() as grader:
        yield Verifier(runner, grader, loaded, prompting, QUESTIONS)


def test_every_question_gets_its_draws_of_the_full_path(verifier: Verifier) -> None:
    drawn = choose_draws(["one", "two"], 3, 1.0, 0, depth=4)
    assert {name: len(attempts) for name, attempts in drawn.items()} == {"one": 3, "two": 3}
    outcomes = verifier.run_attempts(drawn["one"] + drawn["two"])
    assert {outcome.path for outcome in outcomes.values()} == {(0, 1, 2, 3)}
    assert {outcome.source for outcome in outcomes.values()} == {"executed"}
    assert len({outcome.response for outcome in outcomes.values()}) == 6


def test_a_draw_depends_on_seed_question_and_number_alone() -> None:
    together = choose_draws(["one", "two"], 3, 1.0, 0, depth=4)
    assert choose_draws(["two"], 2, 1.0, 0, depth=4)["two"] == together["two"][:2]
    assert choose_draws(["two"], 2, 1.0, 1, depth=4)["two"] != together["two"][:2]
    seeds = {draw_seed(seed, name, n) for seed in (0, 1) for name in "ab" for n in (0, 1)}
    assert len(seeds) == 8 and all(0 <= seed < 1 << 63 for seed in seeds)


@pytest.mark.parametrize(("draws", "temperature"), [(0, 1.0), (1, 0.0), (1, -1.0)])
def test_nothing_to_draw_is_refused(draws: int, temperature: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        choose_draws(["one"], draws, temperature, 0, depth=4)
