"""The doors that the child process shuts on itself: no code from text, no files, no processes.

Nothing in `dart_math` evaluates text. This holds the libraries below it to the same, by Python's
audit events (PEP 578): what is refused raises, whoever asks.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable
from typing import Any

_REFUSED = ("subprocess.", "socket.", "shutil.", "ctypes.", "urllib.", "os.", "pty.", "ftplib.")
_HARMLESS = frozenset(("os.listdir", "os.scandir"))  # the import system looks for modules
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class RefusedError(RuntimeError):
    """An action that grading needs never."""


def refuse_side_effects() -> None:
    """From here on, refuse code from text, opening files but to import, processes and sockets.

    For the whole life of the process: an audit hook cannot be taken off.
    """
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    packages = [str(sys.modules[name].__file__) for name in ("dart_math", "sympy", "mpmath")]
    roots = library_roots([*paths, *map(os.path.dirname, packages)])

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event in ("exec", "compile"):
            source = args[0].co_filename if event == "exec" else args[1]
            is_frozen = event == "exec" and source.startswith("<frozen ")
            if not (is_frozen or is_library(source, roots)):
                raise RefusedError(f"{event} of text")
        elif event == "open":
            path, mode, flags = args
            writes = any(letter in (mode or "") for letter in "wax+") or flags & _WRITING
            if writes or not is_library(path, roots):
                raise RefusedError("opening a file")
        elif event.startswith(_REFUSED) and event not in _HARMLESS:
            raise RefusedError(event)

    sys.addaudithook(refuse)


def library_roots(folders: Iterable[str]) -> tuple[str, ...]:
    """The real paths of folders, each with a separator at its end."""
    return tuple({os.path.join(os.path.realpath(folder), "") for folder in folders})


def is_library(path: object, roots: tuple[str, ...]) -> bool:
    """Whether `path`, its links and dots resolved, lies in one of `roots`.

    >>> roots = library_roots(["/no/such"])
    >>> is_library("/no/such/a.py", roots), is_library("/no/such-evil/a.py", roots)
    (True, False)
    """
    return isinstance(path, str) and os.path.realpath(path).startswith(roots)
