"""Guaranteed: every published alias of a field is read; every malformed field is named."""

import json

import pytest

from mcts.sample_rows import RowError, Sample, format_sample, make_sample, parse_sample
from mcts.trace import Execution, SearchTrace

ROW = {
    "question": "Solve 6 * 7.",
    "gt_ans": "\\boxed{42}",
    "initial_score": 0.0,
    "final_valid_transitions": [[0, 1, 3], [0, 1, 2, 2, 3]],
    "final_invalid_transitions": [[0, 1, 2, 3]],
}
SAMPLE = Sample(
    id="7",
    question="Solve 6 * 7.",
    answer="\\boxed{42}",
    split=None,
    initial_score=0.0,
    valid_paths=((0, 1, 3), (0, 1, 2, 2, 3)),
    invalid_paths=((0, 1, 2, 3),),
)
TRACE = SearchTrace(
    (
        Execution((0, 1, 2, 3), False, None, None, 3, 2.0),
        Execution((0, 1, 3), True, "42", 0, 2, 2.0),
        Execution((0, 1, 2, 2, 3), True, "42", 1, 1, 1.0),
    )
)


def parse(row, depth=4, keep_trace=True):
    return parse_sample(row, "7", depth, keep_trace=keep_trace)


def without(*fields):
    return {key: value for key, value in ROW.items() if key not in fields}


def test_the_published_form_is_read():
    assert parse(ROW) == SAMPLE


@pytest.mark.parametrize(
    "row",
    [
        {**without("question"), "sample_info": {"question": "Solve 6 * 7."}},
        {**without("gt_ans"), "ground_truth": "\\boxed{42}"},
        {**without("gt_ans"), "answer": "\\boxed{42}"},
        {**without("gt_ans"), "sample_info": {"ground_truth": "\\boxed{42}"}},
        {**without("gt_ans"), "sample_info": {"answer": "\\boxed{42}"}},
        {**without("initial_score"), "initial_transition_metric": 0},
        {**without("initial_score"), "evaluation_result": {"initial_score": 0.0}},
        {
            **ROW,
            "final_valid_transitions": [{"path": [0, 1, 3]}, {"path": [0, 1, 2, 2, 3], "n": 1}],
        },
        {**ROW, "query_id": "7", "global_idx": 9},
        {**ROW, "sample_id": 7},
        {**ROW, "global_idx": 7},
        {**ROW, "search_trajectory": [{"anything": 1}]},
        {**ROW, "gt_ans": None, "answer": "\\boxed{42}"},
    ],
)
def test_every_alias_is_read(row):
    assert parse(row) == SAMPLE


def test_an_answer_given_as_a_number_is_its_text():
    assert parse({**ROW, "gt_ans": 42}).answer == "42"


def test_without_an_initial_score_the_full_path_decides():
    row = without("initial_score")
    assert parse(row).initial_score == 0.0
    row["final_valid_transitions"] = [[0, 1, 2, 3]]
    assert parse(row).initial_score == parse(row, depth=None).initial_score == 1.0


def test_a_sample_of_ours_round_trips_with_its_trace():
    sample = make_sample("7", "Solve 6 * 7.", "\\boxed{42}", "train", TRACE)
    assert sample.trace == TRACE.executions
    assert parse(as_json(format_sample(sample))) == sample
    assert parse(as_json(format_sample(sample)), keep_trace=False).trace == ()


def as_json(value):
    return json.loads(json.dumps(value))


TRACE_ROW = as_json(format_sample(make_sample("7", "Q", "42", None, TRACE)))


def with_execution(**fields):
    trace = [TRACE_ROW["trace"][0], {**TRACE_ROW["trace"][1], **fields}]
    return {**TRACE_ROW, "trace": trace}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1], "is a list, not an object"),
        (None, "is null, not an object"),
        (without("question"), "has none of the fields question, sample_info.question"),
        (without("gt_ans"), "has none of the fields gt_ans, ground_truth, answer"),
        (without("final_valid_transitions"), "has no field final_valid_transitions"),
        ({**ROW, "question": " "}, "field question must be a text that is not empty"),
        ({**ROW, "question": ["Q"]}, "field question must be a text, not a list"),
        ({**ROW, "gt_ans": True}, "field gt_ans must be a text, not true or false"),
        ({**ROW, "split": "dev"}, "field split is 'dev': it must be one of train, validation"),
        ({**ROW, "split": []}, "field split is"),
        ({**ROW, "initial_score": "high"}, "field initial_score must be a finite number"),
        ({**ROW, "initial_score": float("nan")}, "field initial_score must be a finite number"),
        ({**ROW, "final_valid_transitions": {}}, "final_valid_transitions must be a list of paths"),
        (
            {**ROW, "final_valid_transitions": [[0], 3]},
            r"final_valid_transitions\[1\] must be a li",
        ),
        (
            {**ROW, "final_valid_transitions": [[]]},
            r"final_valid_transitions\[0\] is an empty path",
        ),
        ({**ROW, "final_valid_transitions": [[0, 4]]}, r"\[0\] has layer 4, outside 0…3"),
        ({**ROW, "final_valid_transitions": [[-1]]}, r"\[0\] has layer -1, outside 0…3"),
        ({**ROW, "final_valid_transitions": [[0, 1.0]]}, r"\[0\] holds 1.0, which is not a layer"),
        ({**ROW, "final_valid_transitions": [[True]]}, r"\[0\] holds True, which is not a layer"),
        ({**ROW, "final_valid_transitions": [{"path": "x"}]}, r"\[0\] must be a list of layer"),
        ({**ROW, "final_valid_transitions": [{}]}, r"\[0\] must be a list of layer"),
        (
            {**ROW, "final_invalid_transitions": [[9]]},
            r"final_invalid_transitions\[0\] has layer 9",
        ),
        ({**ROW, "trace": {}}, "field trace must be a list, not an object"),
        ({**ROW, "trace": [[]]}, r"field trace\[0\] must be an object, not a list"),
        (with_execution(correct=1), r"field trace\[1\].correct is missing or malformed"),
        (with_execution(parent=1), r"field trace\[1\].parent is missing or malformed"),
        (with_execution(visits=None), r"field trace\[1\].visits is missing or malformed"),
        (with_execution(path=[7]), r"field trace\[1\].path has layer 7, outside 0…3"),
    ],
)
def test_a_malformed_row_is_refused_with_the_field(row, message):
    with pytest.raises(RowError, match=message):
        parse(row)


def test_without_a_depth_only_negative_layers_are_outside():
    assert parse({**ROW, "final_valid_transitions": [[99]]}, depth=None).valid_paths == ((99,),)
    with pytest.raises(RowError, match="has layer -1, outside 0…"):
        parse({**ROW, "final_valid_transitions": [[-1]]}, depth=None)
