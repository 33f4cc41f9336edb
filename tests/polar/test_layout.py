"""Guaranteed: one layout for all, and a clear word where a file is missing."""

from pathlib import Path

import pytest

from polar.layout import find_samples, journal_folder, run_directory, samples_path


def test_a_local_folder_or_file_goes_by_its_last_component(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "tiny"
    folder.mkdir(parents=True)
    assert samples_path(Path("d"), str(folder), 3).parts[1:3] == ("tiny", "dart-math-diff-3")
    assert run_directory(Path("o"), "/models/m.gguf", 2, "").as_posix() == "o/m.gguf/diff-2"


@pytest.mark.parametrize("tag", ["../../esc", "a/b", ".. ", "\x1b[31m"])
def test_a_tag_that_would_leave_the_layout_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="is no part of a file's name"):
        run_directory(Path("o"), "m", 1, tag)
    assert run_directory(Path("o"), "m", 1, "lr=1e-3,größer").name == "diff-1-lr=1e-3,größer"


def test_compressed_samples_are_found(tmp_path: Path) -> None:
    packed = samples_path(tmp_path, "smollm2-135m", 1).with_suffix(".json.gz")
    packed.parent.mkdir(parents=True)
    packed.touch()
    assert find_samples(tmp_path, "smollm2-135m", 1) == packed


def test_missing_samples_show_the_expected_layout(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected .*dart-math-diff-2.*\{data_root\}/\{model_"):
        find_samples(tmp_path, "smollm2-135m", 2)


def test_samples_of_different_names_have_different_journals() -> None:
    files = ("skip.json", "loop.json.gz", "my.a.json")
    names = {journal_folder(Path("d") / name).name for name in files}
    assert names == {"skip-journals", "loop-journals", "my.a-journals"}
