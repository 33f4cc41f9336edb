"""Guaranteed: what was answered once is not run again, and nothing else is taken for it."""

import json
from pathlib import Path

import pytest
import torch

from llm_depth_router.models import LoadedModel, ModelRow
from polar.outcomes import Attempt
from polar.prompting import choose_prompting
from polar.response_log import describe_run, open_response_log

FIRST = Attempt("q", (0, 1))


def test_a_response_is_found_again_by_prompt_path_temperature_and_seed(tmp_path: Path) -> None:
    warm = Attempt("q", (0, 1), 0.7, 3)
    with open_response_log(tmp_path, {"dtype": "float32"}) as log:
        assert log.find("Q?", FIRST) is None
        log.add([("Q?", FIRST, "Ä\n1"), ("Q?", warm, "2")])
    with open_response_log(tmp_path, {"dtype": "float32"}) as log:
        assert (log.find("Q?", FIRST), log.find("Q?", warm)) == ("Ä\n1", "2")
        assert log.recalled == 2
        others = [Attempt("q", (0,)), Attempt("q", (0, 1), 0.3, 3), Attempt("q", (0, 1), 0.7, 4)]
        assert [log.find("Q?", other) for other in others] == [None] * 3
        assert log.find("R?", FIRST) is None


def test_other_settings_know_nothing_of_it(tmp_path: Path) -> None:
    with open_response_log(tmp_path, {"dtype": "float32"}) as log:
        log.add([("Q?", FIRST, "1")])
    with open_response_log(tmp_path, {"dtype": "bfloat16"}) as log:
        assert log.find("Q?", FIRST) is None
    assert len(list(tmp_path.glob("responses-*.jsonl"))) == 2


def test_a_torn_last_line_costs_that_response_alone(tmp_path: Path) -> None:
    with open_response_log(tmp_path, {}) as log:
        log.add([("Q?", FIRST, "1"), ("R?", FIRST, "2")])
    (path,) = tmp_path.glob("responses-*.jsonl")
    path.write_bytes(path.read_bytes()[:-4])
    with open_response_log(tmp_path, {}) as log:
        assert (log.find("Q?", FIRST), log.find("R?", FIRST)) == ("1", None)
        log.add([("R?", FIRST, "2")])
    assert [json.loads(line) for line in path.read_text().splitlines()][2]["response"] == "2"


@pytest.mark.parametrize("damaged", ["[1]", '{"key":1}', "[" * 100_000])
def test_a_damaged_line_is_named(tmp_path: Path, damaged: str) -> None:
    with open_response_log(tmp_path, {}):
        pass
    (path,) = tmp_path.glob("responses-*.jsonl")
    path.write_text(path.read_text() + damaged + "\n")
    with pytest.raises(ValueError, match=r"\.jsonl, line 2 is damaged"), open_response_log(
        tmp_path, {}
    ):  # fmt: skip
        pass


def test_a_response_that_was_changed_is_not_taken(tmp_path: Path) -> None:
    with open_response_log(tmp_path, {}) as log:
        log.add([("Q?", FIRST, "12")])
    (path,) = tmp_path.glob("responses-*.jsonl")
    path.write_text(path.read_text().replace('"12"', '"13"'))
    with pytest.raises(ValueError, match="line 2 is damaged"), open_response_log(tmp_path, {}):
        pass


def test_two_processes_do_not_share_a_log(tmp_path: Path) -> None:
    with open_response_log(tmp_path, {}), pytest.raises(ValueError, match="another process"), (
        open_response_log(tmp_path, {})
    ):  # fmt: skip
        pass


def test_weights_dtype_and_prompt_decide_a_response(make_model, tokenizer) -> None:
    row = ModelRow("tiny")
    prompting = choose_prompting(row)

    def describe(seed: int = 0, dtype=torch.float32, **prompt: int) -> dict:
        loaded = LoadedModel("tiny", make_model("llama", seed=seed).to(dtype), tokenizer, row)
        return describe_run(loaded, choose_prompting(row, **prompt) if prompt else prompting)

    same, again = describe(), describe()
    assert same == again
    assert describe(seed=1)["weights"] != same["weights"]
    assert describe(dtype=torch.bfloat16)["dtype"] == "bfloat16"
    assert describe(max_new_tokens=7)["prompt"] != same["prompt"]
