"""Guaranteed: arms are compared on the same questions, model and number of executions, and what a
tree adds to its controls is counted on the questions that the full path gets wrong."""

import json

import pytest

from mcts.draws import Draw, DrawsFile
from mcts.records import question_digest
from mcts.rules import make_rule
from mcts.samples import Sample, write_samples
from mcts.trace import Execution
from polar.compare import format_table, wilson_interval
from polar.metrics import Rate
from polar.search_arms import group_arms, note_bounds, pool_groups, read_arm

FULL, SHORT, REVERSED = (0, 1, 2), (0, 2), (2, 1, 0)
SHARED = {"model": "toy", "depth": 3, "dtype": "float32", "prompt": {"style": "direct"}}


def write_search(path, rule, verdicts, *, difficulty=1, paths=(FULL, SHORT, REVERSED),
                 constants=None, **other):  # fmt: skip
    """A samples file with these verdicts of each question q0, q1, …"""
    constants = constants or make_rule(rule, "skip", 3).constants()
    header = SHARED | {"rule": constants, "difficulty": difficulty}
    samples = []
    for number, row in enumerate(verdicts):
        trace = [
            Execution(path, bool(correct), "1", None if path == FULL else 0, 1, 0.0)
            for path, correct in zip(paths, row, strict=False)
        ]
        valid = tuple(e.path for e in trace if e.correct)
        wrong = tuple(e.path for e in trace if not e.correct)
        id = f"{difficulty}-{number}"
        samples.append(Sample(id, "Q", "1", None, float(row[0]), valid, wrong, tuple(trace)))
    write_samples(path, header | other, samples)
    return path


def write_draws(path, verdicts, difficulty=1, question="Q"):
    settings = SHARED | {"rule": {"name": "sample", "temperature": 0.7}}
    with DrawsFile(path, settings) as file:
        for number, row in enumerate(verdicts):
            id = f"{difficulty}-{number}"
            file.append(
                [
                    Draw(id, question_digest(question, "1"), n, bool(correct), "1", "1")
                    for n, correct in enumerate(row)
                ]
            )
    return path


@pytest.fixture
def files(tmp_path):
    """The full path gets q0 right. The tree solves all; random and sampling solve q1 as well."""
    return [
        write_search(tmp_path / "tree.json", "paper", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        write_search(tmp_path / "random.json", "random", [[1, 0, 0], [0, 1, 0], [0, 0, 0]]),
        write_draws(tmp_path / "draws.jsonl", [[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]]),
    ]


def tables(files):
    groups = group_arms({path.name: read_arm(path) for path in files})
    return groups, {
        difficulty: format_table("T", {k: arm.attempts for k, arm in group.items()}, 3)
        for difficulty, group in groups.items()
    }


def rows_of(table):
    return {line[:26].strip(): line[26:].split() for line in table.splitlines()[2:]}


def test_each_arm_has_its_row_and_each_tree_its_differences(files):
    _, found = tables(files)
    title, _, *lines = found[1].splitlines()
    assert title == "T: 3 questions, 3 executions each"
    rows = rows_of(found[1])
    assert rows["paper skip"] == (
        ["33.3%", "1/3", "100.0%", "3/3", "1.00", "66.7%", "2/3", "100.0%", "2/2", "34…100%", "3.0"]
    )
    assert rows["random skip"][2:4] == ["66.7%", "2/3"]  # q0 and q1
    assert rows["random skip"][7:9] == ["50.0%", "1/2"]  # of q1 and q2
    assert rows["sample, temperature 0.7"][:4] == ["-", "66.7%", "2/3", "1.33"]  # 3 draws of 4
    assert [line.strip().split(",")[0] for line in lines[3:]] == (
        ["paper skip minus random skip", "paper skip minus sample"]
    )
    assert lines[3].endswith("of the misses: +50.0 points, 95% +0.0 … +100.0")


def test_only_common_questions_count(files, tmp_path):
    files[1] = write_search(tmp_path / "random.json", "random", [[1, 0, 0], [0, 1, 0]])
    assert tables(files)[1][1].startswith("T: 2 questions, 3 executions each")


def test_difficulties_are_grouped_and_pooled_over_the_arms_that_all_have(files, tmp_path):
    other = write_search(tmp_path / "tree-2.json", "paper", [[0, 0, 1]], difficulty=2)
    draws = write_draws(tmp_path / "draws-2.jsonl", [[0, 0, 0]], difficulty=2)
    groups, found = tables([*files, draws, other])
    assert list(found) == [1, 2]
    assert list(groups[2]) == ["paper skip", "sample, temperature 0.7"]
    pooled = pool_groups(groups)
    assert list(pooled) == ["paper skip", "sample, temperature 0.7"]
    assert len(pooled["paper skip"]) == 4


def test_a_second_search_of_the_same_rule_is_told_apart_by_its_file(files, tmp_path):
    again = write_search(tmp_path / "again.json", "paper", [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert "paper skip (again.json)" in tables([*files, again])[0][1]


def test_a_random_arm_with_other_edits_is_pointed_out(files, tmp_path):
    within = {"min_length": 1, "max_length": 9, "max_block": 4, "max_repeats": 4, "max_visits": 0}
    for name in ("paper", "random"):
        rule = make_rule(name, "skip", 3, **within).constants()
        write_search(tmp_path / f"{name}.json", name, [[1, 0, 0]], constants=rule)
    same = [tmp_path / "paper.json", tmp_path / "random.json"]
    assert note_bounds({str(path): read_arm(path) for path in same}) == []
    looping = make_rule("random", "loop", 3, **within).constants()
    other = write_search(tmp_path / "loop.json", "random", [[1, 0, 0]], constants=looping)
    assert note_bounds({"tree": read_arm(same[0]), "luck": read_arm(other)}) == [
        "  tree and luck edit within other bounds: space is skip here, loop there"
    ]


def test_searches_of_another_dtype_are_refused_with_the_difference(files, tmp_path):
    other = write_search(tmp_path / "other.json", "paper", [[1, 0, 0]], dtype="bfloat16")
    with pytest.raises(ValueError, match="dtype is bfloat16 here, float32 there"):
        tables([*files, other])


def test_other_weights_are_refused_where_both_files_name_theirs(files, tmp_path):
    ours = write_search(tmp_path / "ours.json", "paper", [[1, 0, 0]], weights="abc")
    theirs = write_search(tmp_path / "theirs.json", "random", [[1, 0, 0]], weights="def")
    with pytest.raises(ValueError, match="weights is def here, abc there"):
        tables([ours, theirs])
    assert list(tables([files[0], theirs])[0][1]) == ["paper skip", "random skip"]


def test_draws_of_other_questions_are_refused(files, tmp_path):
    with pytest.raises(ValueError, match=r"other.jsonl has no question in common"):
        tables([*files, write_draws(tmp_path / "other.jsonl", [[1]], difficulty=5)])


def test_samples_of_others_have_no_trace_to_compare(tmp_path):
    rows = [{"question": "Q", "gt_ans": "1", "final_valid_transitions": [[0, 1]]}]
    (tmp_path / "theirs.json").write_text(json.dumps(rows))
    with pytest.raises(ValueError, match="says not how it was searched"):
        read_arm(tmp_path / "theirs.json")


def test_wilson_intervals_stay_inside_0_and_1():
    assert wilson_interval(Rate(0, 0)) == (0.0, 1.0)
    low, high = wilson_interval(Rate(0, 10))
    assert low == 0.0 and round(high, 3) == 0.278
    assert 0.999 < wilson_interval(Rate(10, 10))[1] <= 1.0


def test_the_same_id_with_another_question_is_refused(files, tmp_path):
    other = write_draws(tmp_path / "other.jsonl", [[1, 1, 1]], question="Another Q")
    with pytest.raises(ValueError, match=r"other.jsonl: question '1-0' has another text .*paper"):
        tables([*files, other])


def test_draws_of_several_difficulties_count_for_each_with_its_questions(files, tmp_path):
    second = write_search(tmp_path / "tree-2.json", "paper", [[0, 0, 1]], difficulty=2)
    both = tmp_path / "both.jsonl"
    write_draws(both, [[0, 1, 1]], difficulty=1)
    write_draws(both, [[0, 0, 1]], difficulty=2)
    groups, found = tables([files[0], second, both])
    assert [list(group) for group in groups.values()] == [
        ["paper skip", "sample, temperature 0.7"]
    ] * 2
    assert [list(g["sample, temperature 0.7"].attempts) for g in groups.values()] == [
        ["1-0"],
        ["2-0"],
    ]
    assert rows_of(found[2])["sample, temperature 0.7"][1:3] == ["100.0%", "1/1"]


def test_a_question_with_fewer_draws_is_left_out_and_counted(files, tmp_path):
    files[2] = write_draws(tmp_path / "fewer.jsonl", [[0, 0, 0], [0, 1], [0, 0, 0]])
    table = tables(files)[1][1]
    assert table.startswith("T: 2 questions, 3 executions each")
    assert table.endswith("  left out, with fewer draws: 1 (1-1)")


def test_a_search_that_ended_early_has_its_mean_executions_in_its_row(files, tmp_path):
    files[0] = write_search(tmp_path / "tree.json", "paper", [[1], [0, 1, 0], [0, 0, 1]])
    table = tables(files)[1][1]
    assert table.startswith("T: 3 questions, up to 3 executions each")
    assert [rows_of(table)[label][-1] for label in ("paper skip", "random skip")] == ["2.3", "3.0"]


def test_searches_without_a_common_question_are_refused(files, tmp_path):
    rows = [[1, 0, 0]] * 4
    fourth = json.loads(write_search(tmp_path / "four.json", "random", rows).read_text())
    fourth["samples"] = fourth["samples"][3:]
    (tmp_path / "four.json").write_text(json.dumps(fourth))
    with pytest.raises(ValueError, match="paper skip, random skip have no question in common"):
        tables([files[0], tmp_path / "four.json"])


def test_other_json_lines_are_refused(tmp_path):
    (tmp_path / "q.jsonl").write_text('{"id": "1-0"}\n')
    with pytest.raises(ValueError, match=r"q.jsonl .*is no file of draws"):
        read_arm(tmp_path / "q.jsonl")
