"""Guaranteed: optional packages are imported when used, and missed in words that help."""

import subprocess
import sys
from types import SimpleNamespace

import huggingface_hub.errors
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
    with pytest.raises(ValueError, match=r"cannot be imported .*no_such_module_of_its_own.* again"):
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


class DatasetsError(Exception):
    """Stands for the base class of that library's errors; so does the next one."""


class ArrowException(Exception):
    pass


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("Couldn't reach 'owner/data' on the Hub (OfflineModeIsEnabled)"),
        FileNotFoundError("Dataset 'owner/data' doesn't exist on the Hub\nor cannot be accessed."),
        ValueError("Bad split: train. Available splits: ['test']"),
        RuntimeError("Dataset scripts are no longer supported, but found data.py"),
        DatasetsError("An error occurred\n\nwhile generating"),
        ArrowException("Parquet magic bytes not found"),
        huggingface_hub.errors.HTTPError("peer closed connection"),
        huggingface_hub.errors.EntryNotFoundError("404 Client Error"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("when", ["loading", "reading"])
def test_what_the_hub_and_its_libraries_raise_becomes_one_line(
    monkeypatch, error: Exception, when: str
) -> None:
    class TornRows(Rows):
        def __iter__(self):
            yield {"query": "Q?"}
            raise error

    def load_dataset(*args, **kwargs):
        if when == "loading":
            raise error
        return TornRows()

    for name, module in {
        "datasets": SimpleNamespace(load_dataset=load_dataset),
        "datasets.exceptions": SimpleNamespace(DatasetsError=DatasetsError),
        "pyarrow": SimpleNamespace(ArrowException=ArrowException),
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(ValueError, match="cannot read owner/data from the hub: ") as caught:
        list(read_hub(HubTable("owner/data", "train")))
    message = str(caught.value)
    assert " ".join(str(error).split()) in message
    assert "\n" not in message
    assert message.endswith("or download its files and give them with --input")


def test_a_bug_is_not_called_a_fault_of_the_hub(monkeypatch) -> None:
    def load_dataset(*args, **kwargs):
        raise AttributeError("a bug")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    with pytest.raises(AttributeError, match="a bug"):
        list(read_hub(HubTable("owner/data", "train")))
