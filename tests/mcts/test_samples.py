"""Guaranteed: three shapes in, plain or gzipped; the same bytes out; faults named with file and
row; a file of a model of another depth is refused."""

import gzip
import json

import pytest

from mcts.sample_rows import Sample
from mcts.samples import SamplesReader, load_samples, read_header, write_samples

ROWS = [
    {"question": f"Q{n}", "gt_ans": str(n), "final_valid_transitions": [[0, 1, n]]}
    for n in range(3)
]
SAMPLES = tuple(
    Sample(str(n), f"Q{n}", str(n), None, float(n == 2), ((0, 1, n),), ()) for n in range(3)
)


def write_json(path, value):
    text = json.dumps(value)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["samples.json", "samples.json.gz"])
@pytest.mark.parametrize(
    "shape",
    [
        {"samples": ROWS},
        ROWS,
        {"a": ROWS[0], "b": ROWS[1], "c": ROWS[2]},
        {"note": {"by": "others"}, "samples": ROWS, "more": [1]},
    ],
)
def test_the_published_shapes_are_read(tmp_path, name, shape):
    loaded = load_samples(write_json(tmp_path / name, shape), depth=3)
    assert loaded.samples == SAMPLES
    assert loaded.header == {}


def test_a_byte_order_mark_and_blanks_do_no_harm(tmp_path):
    path = tmp_path / "samples.json"
    path.write_bytes(b"\xef\xbb\xbf \n" + json.dumps(ROWS, indent=4).encode() + b"\n\n")
    assert load_samples(path).samples == SAMPLES


def test_a_written_file_is_read_back_with_its_header_and_counts(tmp_path):
    path = tmp_path / "out.json"
    header = {"model": "toy", "depth": 3}
    counts = write_samples(path, header, iter(SAMPLES))
    assert counts == {"samples": 3, "solved": 3, "full_path_correct": 1, "valid": 3, "invalid": 0}
    loaded = load_samples(path, depth=3)
    assert loaded.samples == SAMPLES
    assert loaded.header == {**header, "counts": counts}
    assert read_header(path) == header


@pytest.mark.parametrize("others", [{"a": 1}, {"counts": {"samples": 3}, "samples": ROWS}])
def test_a_header_is_found_wherever_it_stands(tmp_path, others):
    path = write_json(tmp_path / "sorted.json", others | {"header": {"model": "toy"}})
    assert read_header(path) == {"model": "toy"}
    assert read_header(write_json(path, others)) == {}


@pytest.mark.parametrize("name", ["out.json", "out.json.gz"])
def test_reading_and_writing_again_gives_the_same_bytes(tmp_path, name):
    first, second = tmp_path / name, tmp_path / f"again-{name}"
    write_samples(first, {"seed": 0, "model": "toy"}, SAMPLES)
    loaded = load_samples(first)
    write_samples(second, loaded.header, loaded.samples)
    assert first.read_bytes() == second.read_bytes()


def test_every_sample_has_its_own_line(tmp_path):
    write_samples(tmp_path / "out.json", {}, SAMPLES)
    lines = (tmp_path / "out.json").read_text().splitlines()
    assert [json.loads(line.rstrip(","))["question"] for line in lines[2:5]] == ["Q0", "Q1", "Q2"]
    assert json.loads("\n".join(lines))["counts"]["samples"] == 3


def test_no_samples_can_be_written_and_read(tmp_path):
    write_samples(tmp_path / "out.json", {}, [])
    assert load_samples(tmp_path / "out.json").samples == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([ROWS[0], 3], r"s.json: sample 1 is a number, not an object"),
        ({"samples": [{**ROWS[0], "gt_ans": []}]}, r"s.json: sample 0 field gt_ans must be a text"),
        ({"samples": {"a": ROWS[0]}}, r"s.json: not valid JSON .* expected '\['"),
        (
            {"a": ROWS[0], "b": {"gt_ans": "1"}},
            r"s.json: sample 'b' has no field final",
        ),
        ({"a": 3, "b": ROWS[0]}, r"s.json: sample 'a' is a number, not an object"),
        ({"a": {}}, r"s.json: sample 'a' has"),
        (3, r"s.json: it must hold an object or a list of samples"),
        ([{**ROWS[0], "final_valid_transitions": [[5]]}], r"s.json: sample 0 .*layer 5, outside"),
    ],
)
def test_a_fault_is_named_with_file_and_row(tmp_path, value, message):
    with pytest.raises(ValueError, match=message):
        load_samples(write_json(tmp_path / "s.json", value), depth=3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'[{"question": ', "s.json: not valid JSON at character"),
        (b"[\xff]", "s.json: .*utf-8"),
        (b"", "s.json: it must hold an object or a list"),
        (b"[] []", "s.json: not valid JSON at character 4: text after the end"),
    ],
)
def test_a_file_that_is_not_json_is_refused_with_its_name(tmp_path, data, message):
    (tmp_path / "s.json").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        load_samples(tmp_path / "s.json")


@pytest.mark.parametrize("damage", [b"plain text", gzip.compress(json.dumps(ROWS).encode())[:-20]])
def test_a_damaged_gzip_file_is_refused_with_its_name(tmp_path, damage):
    (tmp_path / "s.json.gz").write_bytes(damage)
    with pytest.raises(ValueError, match=r"s.json.gz: not a whole gzip file"):
        load_samples(tmp_path / "s.json.gz")


def test_a_file_of_a_model_of_another_depth_is_refused_by_its_header(tmp_path):
    write_samples(tmp_path / "s.json", {"depth": 28}, SAMPLES)
    with pytest.raises(ValueError, match=r"s.json: .* with 28 layers, this model has 30"):
        load_samples(tmp_path / "s.json", depth=30)


def test_many_paths_that_leave_out_the_last_layers_are_of_another_model(tmp_path):
    row = {**ROWS[0], "final_valid_transitions": [[0, 1, 2]] * 100}
    path = write_json(tmp_path / "s.json", [row])
    with pytest.raises(ValueError, match=r"s.json: its 100 paths use the layers 0…2 only"):
        load_samples(path, depth=4)
    assert len(load_samples(path, depth=3).samples) == 1


def test_samples_come_one_by_one(tmp_path):
    path = write_json(tmp_path / "s.json", [*ROWS, "malformed"])
    reader = iter(SamplesReader(path))
    assert [next(reader).question for _ in range(3)] == ["Q0", "Q1", "Q2"]
    with pytest.raises(ValueError, match="sample 3"):
        next(reader)
