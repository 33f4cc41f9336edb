"""Guaranteed: the same values as json.loads, wherever the chunks are cut; errors say where."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcts.json_stream import JsonStream

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


def stream(text, chunk_chars=4):
    return JsonStream(io.StringIO(text), chunk_chars)


def read_all(reader):
    values = list(reader.elements())
    reader.end()
    return values


@given(st.lists(values), st.integers(1, 30), st.sampled_from([None, 1]), st.booleans())
def test_elements_equal_json_wherever_the_text_is_cut(rows, chunk_chars, indent, ascii_only):
    text = json.dumps(rows, indent=indent, ensure_ascii=ascii_only)
    assert read_all(stream(text, chunk_chars)) == rows


@given(st.dictionaries(st.text(), values), st.integers(1, 30))
def test_members_equal_json_wherever_the_text_is_cut(members, chunk_chars):
    reader = stream(json.dumps(members), chunk_chars)
    assert {key: reader.value() for key in reader.members()} == members
    reader.end()


@pytest.mark.parametrize("text", ["1", "12345", "-1.5e10", '"a\\u00e9"', "true", " null "])
def test_a_value_at_the_end_of_the_file_is_read_whole(text):
    assert stream(text, 1).value() == json.loads(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", "not valid JSON at character 6: expected ','"),
        ("[1 2]", "not valid JSON at character 4: expected ','"),
        ("[1,, 2]", "at character 4: Expecting value"),
        ('[1, "a]', "at character 5: Unterminated string"),
        ("[1, 2] 3", "at character 8: text after the end"),
        ("{}", r"at character 1: expected '\['"),
        ("[" * 100_000, "at character 2: maximum recursion depth"),
        ("", r"at character 1: expected '\['"),
    ],
)
@pytest.mark.parametrize("chunk_chars", [1, 4, 1000])
def test_invalid_text_is_refused_with_the_place(text, message, chunk_chars):
    with pytest.raises(ValueError, match=message):
        read_all(stream(text, chunk_chars))


def test_keys_must_be_strings():
    with pytest.raises(ValueError, match="keys of an object are strings"):
        list(stream("{1: 2}").members())


def test_a_mistake_early_in_a_large_file_is_found_without_reading_on():
    class Endless(io.StringIO):
        num_read = 0

        def read(self, size=-1):
            Endless.num_read += size
            assert Endless.num_read < 1_000_000
            return "[[1, oops], " + "[1], " * (size // 5)

    with pytest.raises(ValueError, match="character 6"):
        read_all(JsonStream(Endless(), 1000))
