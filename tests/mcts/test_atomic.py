"""Guaranteed: a reader sees the old file or the whole new one; nothing is left beside it."""

import gzip

import pytest

from mcts.atomic import replace_file


def test_the_new_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "a.json"
    with replace_file(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="half way"), replace_file(path) as file:
        file.write(b"ne")
        raise RuntimeError("half way")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_compressed_files_have_the_same_bytes_under_any_name(tmp_path):
    for name in ("a.json.gz", "b.json.gz"):
        with replace_file(tmp_path / name) as file:
            file.write(b"text")
    first, second = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert first == second and gzip.decompress(first) == b"text"
