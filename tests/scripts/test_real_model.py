"""Guaranteed, on the real 135M model: a search runs, and what it records is what the paths say."""

import json
from pathlib import Path

import pytest
import torch

from llm_depth_router.execute import SequentialRunner
from llm_depth_router.jobs import Job
from llm_depth_router.models import load_model
from llm_depth_router.prompts import STYLES
from mcts.samples import load_samples
from polar.arithmetic import make_arithmetic
from polar.questions import save_questions


@pytest.mark.slow
def test_two_questions_of_four_executions_each(command, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    save_questions(questions, make_arithmetic(1, 2, seed=0))
    output = tmp_path / "samples.json"
    flags = ("--model_path", "smollm2-135m", "--questions", questions, "--target_diff", 1,
             "--num_simulations", 4, "--output", output, "--device", "cpu")  # fmt: skip
    assert command("scripts/run_mcts.py", *flags) == 0

    file = load_samples(output, depth=30)
    assert [len(sample.trace) for sample in file.samples] == [4, 4]
    assert file.header["prompt"]["style"] == "fewshot"
    (journal,) = (tmp_path / "samples-journals").glob("*.jsonl")
    rows = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    assert len(rows) == 8

    loaded = load_model("smollm2-135m", device=torch.device("cpu"))
    style = STYLES["fewshot"]
    texts = {sample.id: sample.question for sample in file.samples}
    jobs = [Job(style.render(texts[row["question"]]), tuple(row["path"])) for row in rows]
    one_at_a_time = SequentialRunner(loaded.model, loaded.tokenizer).generate(
        jobs, max_new_tokens=style.max_new_tokens, stop=style.stop
    )
    assert [row["response"] for row in rows] == [done.text for done in one_at_a_time]
