"""Reading a JSON file value by value, so that a large one need not fit in memory."""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

CHUNK_CHARS = 1 << 20
BLANKS = re.compile(r"[ \t\n\r]*")
# A value that is cut off fails this close to the end of what was read (\uXXXX, false, -Infinity).
CUT_CHARS = 16


class JsonStream:
    """A position in a JSON text; every method raises ValueError where the text is not valid.

    It holds one chunk and the value being read, whatever the size of the file.

    >>> import io
    >>> stream = JsonStream(io.StringIO('{"a": [1, 2], "b": {"c": 3}}'))
    >>> [(key, list(stream.elements()) if key == "a" else stream.value())
    ...  for key in stream.members()]
    [('a', [1, 2]), ('b', {'c': 3})]
    """

    def __init__(self, file: TextIO, chunk_chars: int = CHUNK_CHARS) -> None:
        self._file = file
        self._chunk_chars = chunk_chars
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._position = 0
        self._offset = 0  # of the text's first character in the file
        self._at_end = False

    def peek(self) -> str:
        """The next character that is not blank; empty at the end of the file."""
        while True:
            blanks = BLANKS.match(self._text, self._position)
            self._position = blanks.end() if blanks else self._position
            if self._position < len(self._text) or not self._read():
                return self._text[self._position : self._position + 1]

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._position)
            except json.JSONDecodeError as error:
                mistake = self._error(error.msg, error.pos)
                if not (self._may_be_cut(error) and self._read()):
                    raise mistake from error
            except (RecursionError, ValueError) as error:  # nested too deeply, or a huge number
                raise self._error(str(error), self._position) from error
            else:
                # "1" or "1e" at the end of what was read may go on as "12" or "1e5".
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                if not (is_number and end >= len(self._text) - 2 and self._read()):
                    self._position = end
                    return value

    def members(self) -> Iterator[str]:
        """The keys of the object that starts here; the caller reads the value after each."""
        for _ in self._items("{", "}"):
            key = self.value()
            if not isinstance(key, str):
                raise self._error("the keys of an object are strings", self._position)
            self._take(":")
            yield key

    def elements(self) -> Iterator[Any]:
        """The elements of the array that starts here."""
        for _ in self._items("[", "]"):
            yield self.value()

    def end(self) -> None:
        """Nothing but blanks may follow."""
        if self.peek():
            raise self._error("text after the end of the JSON value", self._position)

    def _items(self, opening: str, closing: str) -> Iterator[None]:
        self._take(opening)
        if self.peek() == closing:
            self._take(closing)
            return
        while True:
            yield None
            if self.peek() == closing:
                self._take(closing)
                return
            self._take(",")

    def _take(self, character: str) -> None:
        if self.peek() != character:
            raise self._error(f"expected {character!r}", self._position)
        self._position += 1

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        is_near_end = error.pos >= len(self._text) - CUT_CHARS
        return is_near_end or error.msg.startswith("Unterminated string")

    def _read(self) -> bool:
        """Read on, at least as much as is unread, and forget what is behind the position."""
        if self._at_end:
            return False
        unread = self._text[self._position :]
        chunk = self._file.read(max(self._chunk_chars, len(unread)))
        if not chunk:
            self._at_end = True
            return False
        self._offset += self._position
        self._text, self._position = unread + chunk, 0
        return True

    def _error(self, message: str, position: int) -> ValueError:
        return ValueError(f"not valid JSON at character {self._offset + position + 1}: {message}")
