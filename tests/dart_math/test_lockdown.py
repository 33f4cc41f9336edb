"""Only files in Python's library folders count as library files, by their real path."""

import os
import sysconfig
from pathlib import Path

import pytest

from dart_math.lockdown import is_library, library_roots

LIBRARY = sysconfig.get_path("stdlib")


@pytest.mark.parametrize("name", ["json/__init__.py", "json/../os.py"])
def test_a_file_of_the_library_is_one(name: str) -> None:
    assert is_library(os.path.join(LIBRARY, name), library_roots([LIBRARY]))


@pytest.mark.parametrize("tail", ["-evil/os.py", ".py", "/../../../etc/passwd", ""])
def test_a_sibling_a_way_out_and_the_folder_itself_are_none(tail: str) -> None:
    assert not is_library(LIBRARY + tail, library_roots([LIBRARY]))


def test_a_link_counts_as_what_it_points_to(tmp_path: Path) -> None:
    inside, outside = tmp_path / "library", tmp_path / "outside.py"
    inside.mkdir()
    outside.touch()
    (inside / "link.py").symlink_to(outside)
    (tmp_path / "folder").symlink_to(inside)
    roots = library_roots([str(tmp_path / "folder")])
    assert is_library(str(inside / "own.py"), roots)
    assert not is_library(str(inside / "link.py"), roots)


@pytest.mark.parametrize("path", [3, None, b"/usr/lib", "<string>", "<frozen os>", ""])
def test_what_is_no_path_is_none(path: object) -> None:
    assert not is_library(path, library_roots([LIBRARY]))
