"""JSON lines that tell when they were changed: each ends in the checksum of what stands before."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

SEAL = b',"crc32":"%08x"}\n'
SEAL_BYTES = len(SEAL % 0)


def seal_line(value: Mapping[str, Any]) -> bytes:
    """The object, which is not empty, as a line.

    >>> seal_line({"a": 1})
    b'{"a":1,"crc32":"a702fc6e"}\\n'
    """
    body = json.dumps(value, separators=(",", ":")).encode()[:-1]
    return body + SEAL % zlib.crc32(body)


def open_line(line: bytes) -> dict[str, Any]:
    """The object in a line; ValueError where it is none, or not as it was written.

    >>> open_line(seal_line({"a": 1}))
    {'a': 1}
    """
    body, seal = line[:-SEAL_BYTES], line[-SEAL_BYTES:]
    if seal != SEAL % zlib.crc32(body):
        raise ValueError("its checksum does not fit: it is not as it was written")
    try:
        value: dict[str, Any] = json.loads(body + b"}")
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value
