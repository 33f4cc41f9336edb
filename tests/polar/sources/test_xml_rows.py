"""Guaranteed: ASDiv's XML is read; a file that could do harm is refused before it does."""

from pathlib import Path

import pytest

from polar.sources.records import BadRow, Record
from polar.sources.xml_rows import read_xml

HEAD = '<?xml version="1.0" encoding="UTF-8" ?>\n'
PROBLEM = """<Problem ID="p-1" Grade="2" Source="web">
 <Body>Ann &amp; Bob have <b>2</b> pears.</Body><Question>How many?</Question>
 <Solution-Type UnitTrans="1">Sum</Solution-Type><Answer>2 (pears)</Answer><Formula/>
</Problem>"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "ASDiv.xml"
    path.write_text(text, encoding="utf-8")
    return path


def read(tmp_path: Path, text: str) -> list[Record | BadRow]:
    path = write(tmp_path, text)
    return list(read_xml(path, path.name))


def test_problems_become_records_with_attributes_and_children(tmp_path: Path) -> None:
    text = f"{HEAD}<File><ProblemSet>{PROBLEM}\n{PROBLEM}</ProblemSet></File>"
    first, second = read(tmp_path, text)
    assert isinstance(first, Record) and isinstance(second, Record)
    assert first.fields == {
        "ID": "p-1",
        "Grade": "2",
        "Source": "web",
        "Body": "Ann & Bob have 2 pears.",
        "Question": "How many?",
        "Solution-Type": "Sum",
        "Answer": "2 (pears)",
        "Formula": "",
    }
    assert second.place == f"{tmp_path}/ASDiv.xml, row 2 (line 6)"
    assert second.default_id == "ASDiv.xml/2"


def test_entities_cannot_be_declared(tmp_path: Path) -> None:
    """Ten levels of ten copies would be 10 GB of text."""
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 11))
    bomb = f'{HEAD}<!DOCTYPE File [<!ENTITY l0 "ha">{levels}]><File>&l10;</File>'
    with pytest.raises(ValueError, match=r"ASDiv\.xml, line 2: declares a document type"):
        read(tmp_path, bomb)


def test_other_files_cannot_be_read_through_an_entity(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    text = f'<!DOCTYPE File [<!ENTITY s SYSTEM "file://{tmp_path}/secret">]><File>&s;</File>'
    with pytest.raises(ValueError, match="declares a document type"):
        read(tmp_path, text)


def test_an_undeclared_entity_and_a_torn_file_are_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"line 2: not whole XML \(undefined entity\)"):
        read(tmp_path, "<File>\n&s;</File>")
    with pytest.raises(ValueError, match=r"line 2: not whole XML \(no element found\)"):
        read(tmp_path, "<File><Problem>\n")


def test_deep_nesting_does_no_harm(tmp_path: Path) -> None:
    depth = 100_000
    text = "<a><Problem>" + "<b>" * depth + "x" + "</b>" * depth + "</Problem></a>"
    (record,) = read(tmp_path, text)
    assert isinstance(record, Record)
    assert record.fields == {"b": "x"}
