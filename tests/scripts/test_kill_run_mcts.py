"""Guaranteed, of the command itself on a small model: killed at any moment, started again with any
number of processes, or short of disk space, it ends in the same samples and runs nothing twice.

POLAR_KILLS=20 kills each of 1, 2 and 3 processes that often, which takes half an hour.
"""

import json
import mmap
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
import torch
from transformers import AutoModelForCausalLM

from mcts.samples import load_samples
from polar.arithmetic import make_arithmetic
from polar.questions import Question, save_questions

ROOT = Path(__file__).parents[2]
NUM_QUESTIONS = 24
NUM_KILLS = int(os.environ.get("POLAR_KILLS", "1"))
NUM_SIMULATIONS = 5 + NUM_KILLS
COUNTS = [[2, 3]] if NUM_KILLS == 1 else [[1], [2], [3]]  # processes of each start, in turn
LAUNCH = ("--multi_gpu", "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, make_model, tokenizer) -> Path:
    """A folder with a model of 6 layers and 24 questions; its answers hang on question and path.

    The model says "The answer is K." in one token, K from 1 to 9: only those tokens have weights.
    """
    folder = tmp_path_factory.mktemp("inputs")
    answers = [f"The answer is {number}.\n" for number in range(1, 10)]
    tokenizer.add_tokens(answers)
    config = make_model("llama").config
    config.num_hidden_layers, config.vocab_size = 6, len(tokenizer)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    model.lm_head.weight.data[: -len(answers)] = 0
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    questions = [
        Question(item.id, item.question, str(number % 9 + 1), 1, "train")
        for number, item in enumerate(make_arithmetic(1, NUM_QUESTIONS, seed=0))
    ]
    save_questions(folder / "questions.jsonl", questions)
    return folder


def make_command(inputs: Path, output: Path) -> list[str]:
    flags = {
        "model_path": inputs / "model",
        "questions": inputs / "questions.jsonl",
        "output": output,
        "target_diff": 1,
        "prompt_style": "fewshot",
        "num_simulations": NUM_SIMULATIONS,
        "width": 8,
        "device": "cpu",
    }
    pairs = ((f"--{name}", str(value)) for name, value in flags.items())
    return [str(ROOT / "scripts" / "run_mcts.py"), *(word for pair in pairs for word in pair)]


def start(arguments: list[str], num_processes: int) -> subprocess.Popen[bytes]:
    launcher = []
    if num_processes > 1:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        processes = ("--num_processes", str(num_processes), "--main_process_port", port)
        launcher = ["-m", "accelerate.commands.launch", *LAUNCH, *processes]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, *launcher, *arguments], env=environment)


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and everything below it: a launcher's workers outlive it."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        if member.is_running():
            member.kill()
    process.wait()
    psutil.wait_procs(family)


@pytest.fixture(scope="module")
def undisturbed(inputs: Path, tmp_path_factory) -> Path:
    """The samples of one process that nobody disturbs; some questions are solved, some are not."""
    output = tmp_path_factory.mktemp("undisturbed") / "samples.json"
    assert start(make_command(inputs, output), 1).wait() == 0
    counts = load_samples(output, depth=6).header["counts"]
    assert counts["valid"] + counts["invalid"] == NUM_QUESTIONS * NUM_SIMULATIONS
    assert 0 < counts["full_path_correct"] < counts["solved"] < counts["valid"]
    return output


@pytest.fixture(scope="module")
def uninterrupted(undisturbed: Path) -> bytes:
    """What every search has to end in."""
    return undisturbed.read_bytes()


def count_records(folder: Path) -> Counter[tuple[str, str]]:
    """How often each (question, path) stands in a complete line of the journals."""
    counts: Counter[tuple[str, str]] = Counter()
    for journal in folder.glob("*.jsonl"):
        for line in journal.read_bytes().splitlines(keepends=True)[1:]:
            if line.endswith(b"\n"):
                row = json.loads(line)
                counts[row["question"], str(row["path"])] += 1
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("process_counts", COUNTS, ids=str)
def test_killed_and_started_again_the_command_ends_in_the_same_samples(
    inputs: Path, uninterrupted: bytes, tmp_path: Path, process_counts: list[int]
) -> None:
    chance, output = random.Random(str(process_counts)), tmp_path / "samples.json"
    arguments, journals = make_command(inputs, output), tmp_path / "samples-journals"
    for number in range(NUM_KILLS):
        process = start(arguments, process_counts[number % len(process_counts)])
        before = count_records(journals).total()
        is_early = NUM_KILLS > 1 and chance.random() < 0.2  # perhaps while it starts
        while not is_early and count_records(journals).total() <= before + chance.randrange(10):
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        time.sleep(chance.random() * (5 if is_early else 0.1))
        assert process.poll() is None, "it ended before it could be killed"
        kill_all(process)
        print(f"killed with {count_records(journals).total()} executions recorded")
    assert not output.exists()
    assert start(arguments, process_counts[-1]).wait() == 0
    assert output.read_bytes() == uninterrupted
    counts = count_records(journals)
    assert set(counts.values()) == {1} and counts.total() == NUM_QUESTIONS * NUM_SIMULATIONS
    used = [path for path in journals.iterdir() if path.read_bytes().count(b"\n") > 1]
    assert len(used) == max(process_counts)


@pytest.mark.slow
def test_a_full_disk_is_a_clear_error_and_loses_nothing(
    inputs: Path, undisturbed: Path, uninterrupted: bytes, tmp_path: Path, command, capsys
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    arguments = make_command(inputs, disk / "samples.json")[1:]
    (journal,) = undisturbed.parent.glob("samples-journals/*.jsonl")
    needed = journal.stat().st_size
    mount = ["mount", "-t", "tmpfs", "-o", f"size={needed // 2}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk is not permitted here")
    try:
        recorded: Counter[tuple[str, str]] = Counter()
        for full in ("samples-journals", "samples.json"):  # the first fits into the second size
            assert command("scripts/run_mcts.py", *arguments) == 2
            error = capsys.readouterr().err.strip().splitlines()[-1]
            assert full in error and "then start the same command again" in error
            now = count_records(disk / "samples-journals")
            assert recorded <= now and set(now.values()) == {1}
            recorded = now
            room = needed + 2 * mmap.PAGESIZE if full == "samples-journals" else 9 * needed
            subprocess.run(["mount", "-o", f"remount,size={room}", str(disk)], check=True)
        assert recorded.total() == NUM_QUESTIONS * NUM_SIMULATIONS
        assert command("scripts/run_mcts.py", *arguments) == 0
        assert (disk / "samples.json").read_bytes() == uninterrupted
        assert count_records(disk / "samples-journals") == recorded
    finally:
        subprocess.run(["umount", str(disk)], check=True)
