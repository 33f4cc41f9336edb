"""A child process that hangs, grows, dies or cheats costs its own question and nothing else."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dart_math.pool import WorkerPool, worker_command

MEMORY = 1 << 30
# The real worker with a comparison that does what it is told.
MISBEHAVING = """
import os, subprocess, sys, time
from dart_math import symbolic, worker

def compare(answer, reference):
    if answer == "hang":
        while True:
            pass
    if answer == "grow":
        blocks = []
        while True:
            blocks.append(bytearray(1 << 24))
    if answer == "die":
        os._exit(3)
    if answer == "print":
        print('{"equal": true, "reason": "printed"}')
    if answer == "eval":
        return eval("1 + 1") == 2, "evaluated"
    if answer == "exec":
        exec("x = 1")
    if answer == "write":
        open(reference, "w").close()
    if answer == "read":
        open(reference).close()
    if answer == "remove":
        os.remove(reference)
    if answer == "spawn":
        subprocess.run(["true"])
    if answer == "name":
        return False, str(os.getpid())
    return sorted(answer) == sorted(reference), "compared"

symbolic.equal_symbolically = compare
worker.main(int(sys.argv[1]), float(sys.argv[2]))
"""


@pytest.fixture
def make_pool(tmp_path: Path):
    script = tmp_path / "misbehaving.py"
    script.write_text(MISBEHAVING)
    pools: list[WorkerPool] = []

    def make(time_limit: float) -> WorkerPool:
        command = [sys.executable, "-B", str(script), str(MEMORY), str(time_limit)]
        pools.append(WorkerPool(1, time_limit, command))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def pool(make_pool):
    return make_pool(20.0)


def test_an_endless_question_is_killed_in_time_and_the_next_is_answered(make_pool) -> None:
    pool = make_pool(1.0)
    assert pool.ask("same", "same").equal  # the process has started
    start = time.monotonic()
    reply = pool.ask("hang", "")
    assert (reply.equal, reply.reason) == (False, "timeout")
    assert 1.0 <= time.monotonic() - start < 3.0
    assert pool.ask("same", "same").equal


def test_a_question_that_grows_past_the_limit_is_told_and_the_process_replaced(
    pool: WorkerPool,
) -> None:
    before = pool.ask("name", "").reason
    assert pool.ask("grow", "").reason == "memory"
    after = pool.ask("name", "").reason
    assert before != after
    assert not Path(f"/proc/{before}").exists()


def test_a_process_that_dies_is_replaced(pool: WorkerPool) -> None:
    assert pool.ask("die", "").reason == "crashed"
    assert pool.ask("same", "same").equal


def test_a_process_killed_between_questions_costs_no_question(pool: WorkerPool) -> None:
    os.kill(int(pool.ask("name", "").reason), signal.SIGKILL)
    time.sleep(0.2)
    assert pool.ask("same", "same") == (True, "compared")


def test_only_the_first_child_that_does_not_start_raises(tmp_path: Path) -> None:
    script = tmp_path / "once.py"
    script.write_text(
        "import os, sys; os.remove(sys.argv[3])\n" + MISBEHAVING  # a second start finds no mark
    )
    mark = tmp_path / "mark"
    mark.touch()
    pool = WorkerPool(1, 20.0, [sys.executable, "-B", str(script), str(MEMORY), "20", str(mark)])
    assert pool.ask("same", "same").equal
    assert pool.ask("die", "").reason == "crashed"
    assert pool.ask("same", "same") == (False, "crashed")
    mark.touch()
    assert pool.ask("same", "same").equal
    pool.close()


def test_what_a_library_prints_is_no_answer(pool: WorkerPool) -> None:
    assert pool.ask("print", "other") == (False, "compared")
    assert pool.ask("same", "same") == (True, "compared")


@pytest.mark.parametrize("action", ["eval", "exec", "write", "read", "remove", "spawn"])
def test_the_child_refuses_code_from_text_files_and_processes(
    pool: WorkerPool, action: str, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    reply = pool.ask(action, str(target))
    assert (reply.equal, reply.reason) == (False, "no comparison: RefusedError")
    assert target.read_text() == "kept"


def test_any_thread_may_ask(pool: WorkerPool) -> None:
    replies: list[bool] = []

    def ask() -> None:
        replies.extend(pool.ask("same", "same").equal for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [True] * 100


def test_a_closed_pool_refuses_and_leaves_no_process(pool: WorkerPool) -> None:
    name = pool.ask("name", "").reason
    pool.close()
    assert not Path(f"/proc/{name}").exists()
    with pytest.raises(RuntimeError, match="closed"):
        pool.ask("same", "same")


def test_closing_frees_whoever_waits_for_an_answer(pool: WorkerPool) -> None:
    pool.ask("same", "same")
    replies: list[str] = []
    thread = threading.Thread(target=lambda: replies.append(pool.ask("hang", "").reason))
    thread.start()
    time.sleep(0.2)
    pool.close()
    thread.join(timeout=10)
    assert replies == ["crashed"]


def test_a_worker_that_cannot_start_says_how_to_find_out() -> None:
    pool = WorkerPool(1, 1.0, [sys.executable, "-c", "raise SystemExit(1)"])
    with pytest.raises(RuntimeError, match="did not start; run it to see why"):
        pool.ask("a", "b")
    pool.close()


def test_a_first_child_that_cannot_answer_a_known_question_raises(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text(MISBEHAVING.replace("worker.main", "del worker.limit_processor\nworker.main"))
    pool = WorkerPool(1, 20.0, [sys.executable, "-B", str(script), str(MEMORY), "20"])
    with pytest.raises(RuntimeError, match=r"not equal \(crashed\); run it to see why"):
        pool.ask("same", "same")
    assert pool.process_ids() == []
    pool.close()


def test_a_worker_lives_with_the_hard_limits_of_a_batch_system() -> None:
    """Nobody but the administrator may raise a hard limit, so the soft ones stay below it."""
    script = """
import os, resource
from dart_math import worker
resource.setrlimit(resource.RLIMIT_CPU, (500, 500))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
if os.getuid() == 0:
    os.setuid(65534)
worker.limit_resources(1 << 31)
worker.limit_processor(5.0)
soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
print(soft < 60, hard, resource.getrlimit(resource.RLIMIT_AS)[0] >> 30)
worker.limit_processor(5000.0)
print(*resource.getrlimit(resource.RLIMIT_CPU))
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert ended.stdout == "True 500 1\n500 500\n", ended.stderr


def test_the_worker_ends_with_its_input_and_never_loads_torch() -> None:
    script = "import sys, dart_math.worker, dart_math.symbolic; print('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    assert loaded.stdout == "False\n"
    ended = subprocess.run(
        worker_command(MEMORY, 1.0), input="", capture_output=True, text=True, env=environment
    )
    assert (ended.returncode, ended.stdout) == (0, '{"ready": true}\n')


def test_the_kernel_ends_a_worker_whose_parent_is_gone(tmp_path: Path) -> None:
    script = tmp_path / "misbehaving.py"
    script.write_text(MISBEHAVING)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-B", str(script), str(MEMORY), "0.1"]
    ended = subprocess.run(
        command, input='["hang", ""]\n', capture_output=True, text=True, env=environment, timeout=60
    )
    assert ended.returncode < 0
