"""Packages that only some sources need: imported when used, with a word on how to get them."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from polar.sources.records import BadRow, Record

# What reading from the hub raises beside OSError, ValueError and RuntimeError.
HUB_ERRORS = (
    "datasets.exceptions.DatasetsError",
    "pyarrow.ArrowException",
    "huggingface_hub.errors.HTTPError",  # of the HTTP library that it uses
    "huggingface_hub.errors.EntryNotFoundError",
    "huggingface_hub.errors.XetDownloadError",
)


def import_extra(module: str, extra: str) -> Any:
    """The module; ValueError, with what to type, where its package cannot be imported."""
    package, command = module.split(".")[0], f"pip install -e '.[{extra}]'"
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name in (package, module):
            fault = f"this needs the package {package}, which is not installed: {command}"
        else:
            fault = f"{package} cannot be imported ({in_one_line(error)}): {command} again"
        raise ValueError(fault) from error


def find_errors(*names: str) -> tuple[type[Exception], ...]:
    """What reading may raise, with the errors of these full names whose modules are loaded."""
    parts = [name.rpartition(".") for name in names]
    loaded = [vars(sys.modules[module])[name] for module, _, name in parts if module in sys.modules]
    return (OSError, ValueError, RuntimeError, *loaded)


def in_one_line(error: Exception) -> str:
    """What an error says, without line ends; its type where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


@dataclass(frozen=True)
class HubTable:
    """One split of a data set on the Hugging Face hub."""

    repository: str
    split: str
    config: str | None = None


def read_hub(table: HubTable, columns: Sequence[str] = ()) -> Iterator[Record | BadRow]:
    """The rows of a data set on the hub, streamed; `columns` are those that matter.

    Raises ValueError where it cannot be reached or read, at the start or on the way.
    """
    datasets = import_extra("datasets", extra="datasets")
    try:
        rows = datasets.load_dataset(
            table.repository, table.config, split=table.split, streaming=True
        )
        if columns and rows.column_names:
            rows = rows.select_columns([name for name in columns if name in rows.column_names])
        for number, row in enumerate(rows, start=1):
            place = f"{table.repository} ({table.split}), row {number}"
            yield Record(place, f"{table.split}/{number}", row)
    except find_errors(*HUB_ERRORS) as error:
        raise ValueError(
            f"cannot read {table.repository} from the hub: {in_one_line(error)}; check the "
            "connection and your access (hf auth login), or download its files and give them with "
            "--input"
        ) from error
