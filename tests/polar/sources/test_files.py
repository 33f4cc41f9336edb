"""Guaranteed: every readable row is read, every other one is named with file, row and fault."""

from pathlib import Path

import pytest

from polar.sources.files import read_paths
from polar.sources.records import BadRow, Record


def read(path: Path) -> list[tuple]:
    """(default id, fields) of records, (place without folder, fault) of bad rows."""
    found = []
    for row in read_paths([path]):
        if isinstance(row, Record):
            found.append((row.default_id, dict(row.fields)))
        else:
            found.append((row.place.replace(f"{path.parent}/", ""), row.fault))
    return found


def test_lines_are_counted_with_the_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}')
    assert read(path) == [("rows/1", {"a": 1}), ("rows/3", {"a": 2})]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "is not an object with named fields, but of type list"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"a": ' + b"1" * 5000 + b"}", "thousands of digits"),
    ],
)
def test_a_line_that_is_no_object_is_named_and_the_next_is_read(
    tmp_path: Path, line: bytes, fault: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(line + b'\n{"a": 2}\n')
    bad, good = read_paths([path])
    assert isinstance(bad, BadRow) and isinstance(good, Record)
    assert bad.place == f"{path}, row 1"
    assert fault in bad.fault


def test_a_json_file_holds_a_list_or_one_object(tmp_path: Path) -> None:
    rows, one = tmp_path / "rows.json", tmp_path / "one.json"
    rows.write_text('[{"a": 1}, 5]')
    one.write_text('{"a": 1}')
    assert read(rows) == [
        ("rows/1", {"a": 1}),
        ("rows.json, row 2", "is not an object with named fields, but of type int"),
    ]
    assert read(one) == [(f"{tmp_path.parent.name}/{tmp_path.name}/one", {"a": 1})]


def test_a_folder_is_read_whole_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("train/algebra/2.json", "train/algebra/1.json", "test/algebra/7.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "README.txt").write_text("not a row")
    ids = [row.default_id for row in read_paths([tmp_path]) if isinstance(row, Record)]
    assert ids == ["test/algebra/7", "train/algebra/1", "train/algebra/2"]


def test_paths_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b")
    with pytest.raises(ValueError, match="does not exist: give --input"):
        list(read_paths([tmp_path / "none.jsonl"]))
    with pytest.raises(ValueError, match=r"rows\.csv is none of \.jsonl, \.json, \.parquet"):
        list(read_paths([tmp_path / "rows.csv"]))
    with pytest.raises(ValueError, match=r"holds no \.jsonl"):
        list(read_paths([tmp_path]))


def test_parquet_rows_are_read_by_batch_and_by_column(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="comes with the extra datasets")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    rows = [{"a": number, "meta": {"level": 2}, "resp": "long"} for number in range(5)]
    parquet.write_table(arrow.Table.from_pylist(rows), path, row_group_size=2)
    found = [row.fields for row in read_paths([path], ("a", "meta", "none"))]
    assert found == [{"a": number, "meta": {"level": 2}} for number in range(5)]
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match=r"rows\.parquet: not a whole parquet file"):
        list(read_paths([path]))
