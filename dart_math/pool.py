"""A pool of long-lived child processes that decide what text and numbers cannot."""

import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

STARTUP_SECONDS = 120.0
KNOWN_PAIR = ("x+1", "1+x")  # equal; asked of every new child, to see that it works
ENDED = ("timeout", "memory", "crashed")  # why a child was ended before it could answer
_PACKAGE_ROOT = str(Path(__file__).resolve().parent.parent)


def worker_command(memory_limit: int, time_limit: float) -> list[str]:
    """How a child process is started; -B keeps it from writing byte code."""
    limits = [str(memory_limit), str(time_limit)]
    return [sys.executable, "-B", "-m", "dart_math.worker", *limits]


class ClosedError(RuntimeError):
    """The pool was closed."""


class Reply(NamedTuple):
    """What a worker found; `reason` is "timeout", "memory" or "crashed" where it was ended."""

    equal: bool
    reason: str


class WorkerPool:
    """`workers` child processes of `command`, each with a time limit per question.

    A process is started when it is first needed, kept, killed when it oversteps, and replaced.
    `ask` may be called from any thread; more callers than workers wait for their turn.
    """

    def __init__(self, workers: int, time_limit: float, command: Sequence[str]) -> None:
        self._workers = workers
        self._time_limit = time_limit
        self._command = list(command)
        self._free: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._alive: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._has_started = False
        for _ in range(workers):
            self._free.put(None)

    def ask(self, answer: str, reference: str) -> Reply:
        """Whether the two texts are equal; never raises for what they hold.

        RuntimeError or OSError when the very first child does not start; later that is "crashed",
        as the questions before it show that the machine, and not the setting, is in want.
        """
        reply = self._ask_once(answer, reference)
        if reply.reason in ("memory", "crashed") and not self._closed:
            reply = self._ask_once(answer, reference)  # in a fresh child: was it the question?
        return reply

    def _ask_once(self, answer: str, reference: str) -> Reply:
        worker = self._free.get()
        try:
            if worker is None:
                worker = self._start()
            if worker is None:
                return Reply(False, "crashed")
            reply = worker.ask(answer, reference, self._time_limit)
            if reply.reason in ENDED:
                self._retire(worker)
                worker = None
        except BaseException:
            if worker is not None:
                self._retire(worker)
            worker = None
            raise
        finally:
            self._free.put(worker)
        return reply

    def process_ids(self) -> list[int]:
        """The child processes that run now."""
        with self._lock:
            return [worker.process_id for worker in self._alive]

    def close(self) -> None:
        """End every child process; `ask` refuses afterwards, whoever waits gets "crashed"."""
        with self._lock:
            self._closed = True
            for worker in self._alive:
                worker.kill()
        for _ in range(self._workers):  # each comes back from its caller, now that it is dead
            free = self._free.get()
            if free is not None:
                self._retire(free)
        for _ in range(self._workers):
            self._free.put(None)

    def _start(self) -> "_Worker | None":
        """A child that is ready; None where a later one does not start."""
        try:
            with self._lock:
                if self._closed:
                    raise ClosedError("this Grader is closed; make a new one")
                worker = _Worker(self._command)
                self._alive.add(worker)
            try:
                worker.wait_until_ready()
            except RuntimeError:
                self._retire(worker)
                raise
        except ClosedError:
            raise
        except (RuntimeError, OSError):
            if not self._has_started:
                raise
            return None
        self._has_started = True
        return worker

    def _retire(self, worker: "_Worker") -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.kill()
        worker.close_pipes()


class _Worker:
    def __init__(self, command: list[str]) -> None:
        self._command = command
        paths = [_PACKAGE_ROOT, os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            bufsize=0,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin = self._process.stdin
        self._stdout = self._process.stdout
        self._unread = b""
        self.process_id = self._process.pid

    def wait_until_ready(self) -> None:
        """RuntimeError where the child does not start, or cannot answer a known question."""
        command = "run it to see why: " + " ".join(self._command)
        if not self._read_line(STARTUP_SECONDS):
            raise RuntimeError(f"the grader's child process did not start; {command}")
        reply = self.ask(*KNOWN_PAIR, STARTUP_SECONDS)
        if not reply.equal:
            raise RuntimeError(
                "the grader's child process started, but finds x+1 and 1+x not equal "
                f"({reply.reason}); {command}"
            )

    def ask(self, answer: str, reference: str, time_limit: float) -> Reply:
        try:
            self._stdin.write(json.dumps([answer, reference]).encode() + b"\n")
        except BrokenPipeError:
            return Reply(False, "crashed")
        line = self._read_line(time_limit)
        if line is None:
            return Reply(False, "timeout")
        if not line:
            return Reply(False, "crashed")
        message = json.loads(line)
        return Reply(message["equal"], message["reason"])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close_pipes(self) -> None:
        self._stdin.close()
        self._stdout.close()

    def _read_line(self, seconds: float) -> bytes | None:
        """One line, b"" when the process is gone, None when the time is over."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._stdout, select.POLLIN | select.POLLHUP)
        while b"\n" not in self._unread:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                return None
            chunk = os.read(self._stdout.fileno(), 65536)
            if not chunk:
                return b""
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        return line
