"""Guaranteed: optional packages are imported when used, and missed in words that help."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from polar.sources.extras import HubTable, import_extra, read_hub
from polar.sources.records import Record


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(
        ValueError, match=r"datasets, .* not installed: pip install -e '\.\[extra\]"
    ):
        import_extra("datasets", extra="extra")


def test_a_package_that_is_broken_inside_is_not_called_missing(tmp_path, monkeypatch) -> None:
    (tmp_path / "broken_extra.py").write_text("import no_such_module_of_its_own")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="no_such_module_of_its_own"):
        import_extra("broken_extra", extra="x")


def test_only_the_sources_that_need_them_import_the_optional_packages() -> None:
    code = "import sys, polar.sources.prepare; "
    code += "sys.exit(any(m in sys.modules for m in ('datasets', 'pyarrow', 'reasoning_gym')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


class Rows(list):
    """What `load_dataset` returns, as far as it is used."""

    @property
    def column_names(self) -> list[str]:
        return list(self[0])

    def select_columns(self, names: list[str]) -> "Rows":
        return Rows({name: row[name] for name in names} for row in self)


def test_hub_rows_are_streamed_with_the_columns_that_matter(monkeypatch) -> None:
    calls = []

    def load_dataset(*args, **kwargs):
        calls.append((args, kwargs))
        return Rows([{"query": "Q?", "resp": "long"}, {"query": "R?", "resp": "long"}])

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    rows = list(read_hub(HubTable("owner/data", "train", "main"), ("query", "query_id")))
    assert rows == [
        Record("owner/data (train), row 1", "train/1", {"query": "Q?"}),
        Record("owner/data (train), row 2", "train/2", {"query": "R?"}),
    ]
    assert calls == [(("owner/data", "main"), {"split": "train", "streaming": True})]
