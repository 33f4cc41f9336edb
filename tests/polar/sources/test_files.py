"""Guaranteed: every readable row is read, every other one is named with file, row and fault."""

import sys
from pathlib import Path
from types import SimpleNamespace

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


def default_ids(*paths: Path) -> list[str]:
    return [row.default_id for row in read_paths(paths) if isinstance(row, Record)]


def write(path: Path, text: str = "{}") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_lines_are_counted_with_the_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}')
    assert read(path) == [("rows.jsonl/1", {"a": 1}), ("rows.jsonl/3", {"a": 2})]


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
        ("rows.json/1", {"a": 1}),
        ("rows.json, row 2", "is not an object with named fields, but of type int"),
    ]
    assert read(one) == [("one.json", {"a": 1})]


def test_a_folder_is_read_whole_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("train/algebra/2.json", "train/algebra/1.json", "test/algebra/7.json"):
        write(tmp_path / name)
    write(tmp_path / "README.txt", "not a row")
    (tmp_path / "folder.json").mkdir()
    assert default_ids(tmp_path) == [
        *("test/algebra/7.json", "train/algebra/1.json", "train/algebra/2.json")
    ]


def test_rows_of_files_of_one_name_have_ids_of_their_own(tmp_path: Path) -> None:
    """Two subsets of MAWPS, two subjects of MATH; the same file under two names of a kind."""
    subsets = [write(tmp_path / name / "test.jsonl", "{}\n{}") for name in ("AddSub", "SingleOp")]
    expected = [f"{name}/test.jsonl/{row}" for name in ("AddSub", "SingleOp") for row in (1, 2)]
    assert default_ids(*subsets) == expected
    assert default_ids(tmp_path / "AddSub", tmp_path / "SingleOp") == expected
    subjects = [write(tmp_path / "MATH" / name / "1.json") for name in ("algebra", "geometry")]
    assert default_ids(*subjects) == ["algebra/1.json", "geometry/1.json"]
    assert default_ids(tmp_path / "MATH") == ["algebra/1.json", "geometry/1.json"]
    forms = [write(tmp_path / f"one{suffix}", "[{}]") for suffix in (".json", ".jsonl")]
    forms[1].write_text("{}")
    write(tmp_path / "one" / "1.json")
    assert default_ids(*forms, tmp_path / "one") == ["one.json/1", "one.jsonl/1", "one/1.json"]


def test_ids_do_not_change_with_the_place_of_the_data_or_the_way_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("here", "far/away"):
        for name in ("a/rows.jsonl", "b/rows.jsonl"):
            write(tmp_path / place / name)
    expected = ["a/rows.jsonl/1", "b/rows.jsonl/1"]
    assert default_ids(tmp_path / "here") == default_ids(tmp_path / "far" / "away") == expected
    monkeypatch.chdir(tmp_path / "here" / "a")
    assert default_ids(Path("rows.jsonl"), Path("../b")) == expected
    assert default_ids(Path("../b"), Path("rows.jsonl")) == expected[::-1]


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
    with pytest.raises(ValueError, match=r"rows\.parquet: cannot be read as parquet"):
        list(read_paths([path]))


class ArrowException(Exception):
    """Stands for pyarrow's."""


@pytest.mark.parametrize(
    "error",
    [OSError("Couldn't deserialize thrift:\nTProtocol"), ArrowException("codec"), ValueError("x")],
    ids=lambda error: type(error).__name__,
)
def test_a_torn_parquet_file_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def open_parquet(path: Path) -> None:
        raise error

    for name, module in {
        "pyarrow": SimpleNamespace(ArrowException=ArrowException),
        "pyarrow.parquet": SimpleNamespace(ParquetFile=open_parquet),
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    path = write(tmp_path / "rows.parquet", "")
    with pytest.raises(ValueError, match="cannot be read as parquet") as caught:
        list(read_paths([path]))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
