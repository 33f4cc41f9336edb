"""Packages that only some sources need: imported when used, with a word on how to get them."""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from polar.sources.records import BadRow, Record


def import_extra(module: str, extra: str) -> Any:
    """The module; ValueError, with what to type, where its package is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.split(".")[0]
        if error.name is None or error.name.split(".")[0] != package:
            raise  # it is there, but something that it needs is not
        raise ValueError(
            f"this needs the package {package}, which is not installed: pip install -e '.[{extra}]'"
        ) from error


@dataclass(frozen=True)
class HubTable:
    """One split of a data set on the Hugging Face hub."""

    repository: str
    split: str
    config: str | None = None


def read_hub(table: HubTable, columns: Sequence[str] = ()) -> Iterator[Record | BadRow]:
    """The rows of a data set on the hub, streamed; `columns` are those that matter."""
    datasets = import_extra("datasets", extra="datasets")
    rows = datasets.load_dataset(table.repository, table.config, split=table.split, streaming=True)
    if columns and rows.column_names:
        rows = rows.select_columns([name for name in columns if name in rows.column_names])
    for number, row in enumerate(rows, start=1):
        place = f"{table.repository} ({table.split}), row {number}"
        yield Record(place, f"{table.split}/{number}", row)
