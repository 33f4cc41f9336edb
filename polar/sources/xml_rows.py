"""Rows of an XML file: one for each `Problem` element, its attributes and children as fields."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.parsers import expat

from polar.sources.records import BadRow, Record

ROW = "Problem"


def read_xml(path: Path, name: str, columns: Sequence[str] = ()) -> Iterator[Record | BadRow]:
    """The problems of a file in the form of ASDiv.xml; `name` begins their ids.

    Raises ValueError, with the line, where it is not whole XML or declares a document type.
    """
    rows = _Rows(path, name)
    # An untrusted file can do harm through entities alone: copies of copies that fill the memory,
    # or files read from elsewhere. Entities must be declared in a document type, and we refuse
    # one where it starts; so the parser of the standard library is enough, whatever its limits.
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = rows.refuse_document_type
    parser.StartElementHandler = rows.start
    parser.CharacterDataHandler = rows.add_text
    parser.EndElementHandler = rows.end
    rows.parser = parser
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise ValueError(f"{path}, line {error.lineno}: not whole XML ({reason})") from error
    yield from rows.records


class _Rows:
    """Collects the rows while the parser walks through the file."""

    parser: expat.XMLParserType

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.records: list[Record] = []
        self._row: dict[str, str] | None = None
        self._line = 0
        self._field: str | None = None
        self._level = 0  # of elements within the row

    def refuse_document_type(self, *declaration: object) -> None:
        raise ValueError(
            f"{self.path}, line {self.parser.CurrentLineNumber}: declares a document type, "
            "which ASDiv.xml does not need and can be an attack: delete the <!DOCTYPE …>"
        )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._row is None:
            if name == ROW:
                self._row, self._line = dict(attributes), self.parser.CurrentLineNumber
        else:
            self._level += 1
            if self._level == 1:
                self._field = name
                self._row.setdefault(name, "")

    def add_text(self, text: str) -> None:
        if self._row is not None and self._field is not None:
            self._row[self._field] += text

    def end(self, name: str) -> None:
        if self._row is None:
            return
        if self._level > 0:
            self._level -= 1
            self._field = self._field if self._level > 0 else None
            return
        number = len(self.records) + 1
        place = f"{self.path}, row {number} (line {self._line})"
        self.records.append(Record(place, f"{self.name}/{number}", self._row))
        self._row = None
