"""Guaranteed: files of others become one of ours, in order, with every fault and every repeated
question accounted for."""

import json
import os
import subprocess
import sys
import time

import pytest

from mcts.import_samples import import_samples
from mcts.samples import load_samples, write_samples


def row(question, **fields):
    return {"question": question, "gt_ans": "1", "final_valid_transitions": [[0, 1]], **fields}


def write(path, *rows):
    path.write_text(json.dumps(rows))
    return path


@pytest.fixture
def first(tmp_path):
    return write(tmp_path / "a.json", row("Q0"), row("Q1"), row("Q0"))


def test_rows_keep_their_order_and_repeated_ones_their_place(tmp_path, first):
    report = import_samples([first], tmp_path / "out.json", depth=2)
    samples = load_samples(tmp_path / "out.json").samples
    assert [(s.id, s.question) for s in samples] == [("0", "Q0"), ("1", "Q1"), ("2", "Q0")]
    assert report.recurring == ["2"]
    assert report.counts["samples"] == 3


def test_a_question_of_an_earlier_file_is_left_out_and_a_taken_id_renamed(tmp_path, first):
    second = write(tmp_path / "b.json", row(" Q1 "), row("Q2"), row("Q3", query_id="new"))
    report = import_samples([first, second], tmp_path / "out.json.gz")
    samples = load_samples(tmp_path / "out.json.gz").samples
    assert [s.id for s in samples] == ["0", "1", "2", "1-2", "new"]
    assert [s.question for s in samples] == ["Q0", "Q1", "Q0", "Q2", "Q3"]
    assert (report.left_out, report.renamed, report.recurring) == (["0"], ["1-2"], ["2"])


def test_another_reference_answer_in_a_later_file_is_named(tmp_path, first):
    second = write(tmp_path / "b.json", row("Q0", gt_ans="2"), row("Q1", gt_ans=" 1 "))
    report = import_samples([first, second], tmp_path / "out.json")
    assert (report.left_out, report.contradicting) == (["0", "1"], ["0"])


def test_ten_thousand_rows_of_one_id_are_renamed_in_a_few_seconds(tmp_path):
    rows = [row(f"Q{n}", id="same") for n in range(10_000)]
    rows.insert(1, row("taken", id="same-3"))
    start = time.monotonic()
    report = import_samples([write(tmp_path / "a.json", *rows)], tmp_path / "out.json")
    assert time.monotonic() - start < 10  # quadratic: 50 million look-ups
    assert report.renamed[:3] == ["same-2", "same-4", "same-5"]
    assert report.renamed[-1] == "same-10001"


PEAKS = """
import pathlib, re, sys
from mcts.import_samples import import_samples

for name in sys.argv[1:]:
    import_samples([pathlib.Path(name)], name + ".out.json")
    print(re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
"""


def test_the_memory_of_an_import_is_that_of_a_few_rows_whatever_the_size_of_the_file(tmp_path):
    paths = [[*range(30), number] for number in range(200)]
    small, large = (tmp_path / name for name in ("small.json", "large.json"))
    for path, num_rows in ((small, 50), (large, 600)):
        rows = [row(f"Q{n}", final_valid_transitions=paths) for n in range(num_rows)]
        write(path, *rows)
    command = [sys.executable, "-c", PEAKS, str(small), str(large)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    before, after = (int(line) * 1024 for line in output.stdout.split())
    assert after - before < 8e6 < large.stat().st_size / 1.5


def test_importing_a_file_of_ours_changes_nothing(tmp_path, first):
    samples = load_samples(first).samples[:2]
    write_samples(tmp_path / "ours.json", {"model": "toy"}, samples)
    import_samples([tmp_path / "ours.json"], tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == (tmp_path / "ours.json").read_bytes()


def test_files_of_different_settings_are_refused_with_the_difference(tmp_path, first):
    samples = load_samples(first).samples
    write_samples(tmp_path / "ours.json", {"model": "toy"}, samples)
    with pytest.raises(ValueError, match=r"ours.json has other.*model is toy here, absent"):
        import_samples([first, tmp_path / "ours.json"], tmp_path / "out.json")


def test_a_malformed_row_leaves_nothing_behind(tmp_path, first):
    second = write(tmp_path / "b.json", row("Q2"), row("Q3", final_valid_transitions=[[0, 2]]))
    with pytest.raises(ValueError, match=r"b.json: sample 1 .*layer 2, outside 0…1"):
        import_samples([first, second], tmp_path / "out.json", depth=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]
