"""Guaranteed: a line is read as it was written, or refused; no change of it goes unseen."""

import zlib

import pytest

from mcts.sealed_line import open_line, seal_line

VALUE = {"question": "q1", "path": [0, 2], "correct": True, "response": "Ω \ud800\n"}


def test_a_line_round_trips():
    line = seal_line(VALUE)
    assert open_line(line) == VALUE
    assert line.count(b"\n") == 1 and line.endswith(b"\n")


def test_every_changed_byte_is_found():
    line = seal_line(VALUE)
    for place in range(len(line)):
        for change in (1, 16, 255):
            changed = bytearray(line)
            changed[place] ^= change
            with pytest.raises(ValueError, match="checksum"):
                open_line(bytes(changed))


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"{}\n", seal_line(VALUE)[:-1], seal_line(VALUE)[:-1] + b"\r\n", b"[" * 100_000],
)
def test_other_lines_are_refused(line):
    with pytest.raises(ValueError, match="checksum"):
        open_line(line)


def test_a_line_nested_too_deeply_is_refused_though_its_checksum_fits():
    deep: list = []
    for _ in range(900):
        deep = [deep]
    line = seal_line({"path": deep})
    body = line[: line.rindex(b',"crc32"')].replace(b"[" * 900, b"[" * 90_000)
    with pytest.raises(ValueError, match="nested"):
        open_line(body + b',"crc32":"%08x"}\n' % zlib.crc32(body))
