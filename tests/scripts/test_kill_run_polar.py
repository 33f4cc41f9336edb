"""Guaranteed, of the command itself: killed with SIGKILL while it trains and started again, it ends
with the weights of a training that nobody disturbed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

ROOT = Path(__file__).parents[2]
EPOCHS = 100  # a second or more on any machine, after a kill behind the tenth


def start(workspace, tag: str) -> subprocess.Popen[str]:
    flags = {
        "--model_path": workspace.model,
        "--encoder": workspace.encoder,
        "--data_root": workspace.data,
        "--device": "cpu",
        "--run_tag": tag,
        "--num_epochs": EPOCHS,
        "--polar_d_model": 16,
        "--max_new_tokens": 2,
        "--num_samples": 1,
        "--top_k_paths": 1,
    }
    words = [str(word) for pair in flags.items() for word in pair]
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run_polar.py"), *words, "--temperatures"],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        cwd=workspace.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def folder(workspace, tag: str) -> Path:
    return workspace.root / "outputs" / "tiny-llama" / f"diff-1-{tag}"


def epochs(workspace, tag: str) -> list[list[str]]:
    """The history so far, without the seconds that each epoch took."""
    path = folder(workspace, tag) / "history.csv"
    return [line.split(",")[:-1] for line in path.read_text().splitlines()[1:]]


def wait_for_epoch(process: subprocess.Popen[str], workspace, tag: str, epoch: int) -> None:
    deadline = time.monotonic() + 120
    path = folder(workspace, tag) / "history.csv"
    while not path.exists() or len(epochs(workspace, tag)) < epoch:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_and_started_again_it_ends_with_the_same_weights(workspace) -> None:
    workspace.write_samples()
    undisturbed = start(workspace, "whole")
    killed = start(workspace, "killed")
    wait_for_epoch(killed, workspace, "killed", 10)
    killed.kill()
    killed.communicate()
    assert not (folder(workspace, "killed") / "predictor.safetensors").exists()
    done = len(epochs(workspace, "killed"))
    last = start(workspace, "killed")
    printed, _ = last.communicate(timeout=240)
    undisturbed.communicate(timeout=240)
    assert last.returncode == undisturbed.returncode == 0
    assert f"of {EPOCHS}, from" in printed and 10 <= done < EPOCHS
    weights = [
        load_file(folder(workspace, tag) / "predictor.safetensors") for tag in ("whole", "killed")
    ]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert epochs(workspace, "killed") == epochs(workspace, "whole")
    assert not (folder(workspace, "killed") / "training-state.pt").exists()
