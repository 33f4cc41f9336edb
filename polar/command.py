"""How every command ends: done, one line that says what was wrong, or interrupted."""

import sys
from collections.abc import Callable


def run_command(name: str, call: Callable[[], object], interrupted: str = "interrupted") -> int:
    """The exit code of a command: 0, 2 after a line about an error, 130 after Ctrl-C."""
    try:
        call()
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\n{name}: {interrupted}", file=sys.stderr)
        return 130
    return 0
