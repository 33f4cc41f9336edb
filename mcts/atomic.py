"""Files that are either there in full or not there at all."""

import errno
import gzip
import os
import pathlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast


@contextmanager
def replace_file(path: pathlib.Path) -> Iterator[BinaryIO]:
    """Write a new file beside `path`; put it in its place once the block ends without an error.

    A name that ends in `.gz` is compressed (the same bytes at every time of day). Whoever reads
    `path` sees the old file or the new one, also after a crash. OSError: a full disk, with what
    to do.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                    yield cast(BinaryIO, packed)
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        os.replace(temporary, path)
        sync_directory(path.parent)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        reason = f"{error.strerror}: make room, then start the same command again"
        raise OSError(error.errno, reason, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def sync_directory(directory: pathlib.Path) -> None:
    """Wait until the names in a directory are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
