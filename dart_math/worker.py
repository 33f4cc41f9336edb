"""The child process of the grader: reads pairs as JSON lines, answers each with one line.

Run as `python -m dart_math.worker MEMORY_BYTES SECONDS`. It imports no torch, may use
MEMORY_BYTES of address space and write no file, and the kernel ends it when one question takes
SECONDS of processor time more than allowed, also when its parent is gone.
"""

import json
import math
import resource
import sys
from typing import TextIO

SPARE_SECONDS = 2


def main(memory_bytes: int, seconds: float) -> None:
    """Answer questions until the input ends; a memory breach is told and ends the process."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # nothing a library prints can be taken for an answer
    limit_resources(memory_bytes)
    from dart_math.symbolic import equal_symbolically, warm_up

    warm_up()
    from dart_math.lockdown import refuse_side_effects

    refuse_side_effects()
    say(answers, {"ready": True})
    for line in sys.stdin:
        limit_processor(seconds)
        try:
            answer, reference = json.loads(line)
            equal, reason = equal_symbolically(answer, reference)
        except MemoryError:
            say(answers, {"equal": False, "reason": "memory"})
            return
        except Exception as error:  # whatever a library raises is an answer it does not have
            equal, reason = False, f"no comparison: {type(error).__name__}"
        say(answers, {"equal": equal, "reason": reason})


def limit_resources(memory_bytes: int) -> None:
    """Bound the address space, and forbid files to grow and core dumps."""
    memory = at_most_hard(resource.RLIMIT_AS, memory_bytes)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_processor(seconds: float) -> None:
    """Let the kernel end this process when the next question takes too much processor time."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(usage.ru_utime + usage.ru_stime + seconds) + SPARE_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)  # batch systems set one; it stays
    resource.setrlimit(resource.RLIMIT_CPU, (at_most_hard(resource.RLIMIT_CPU, limit), hard))


def at_most_hard(kind: int, limit: int) -> int:
    """`limit`, or the hard limit where that is lower, as it cannot be raised."""
    _, hard = resource.getrlimit(kind)
    return limit if hard == resource.RLIM_INFINITY else min(limit, hard)


def say(stream: TextIO, message: dict[str, object]) -> None:
    """Write one JSON line."""
    stream.write(json.dumps(message) + "\n")
    stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
