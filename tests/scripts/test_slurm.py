"""Guaranteed: the Slurm scripts are sound shell and end in commands that the programs accept."""

import os
import subprocess
from pathlib import Path

import pytest
from accelerate.commands.launch import launch_command_parser

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "scripts" / "slurm").glob("*.sbatch"))
SEARCH = ["--model_path", "some/model", "--questions", "my questions.jsonl", "--target_diff", "3"]


@pytest.fixture
def run(tmp_path: Path):
    """Runs a script with a Slurm that answers, and a python that prints its arguments."""
    programs = {
        "python": 'printf "%s\\n" "$@"',
        "scontrol": 'echo "node-a"; echo "node-b"',
        "srun": 'for SLURM_NODEID in 0 1; do export SLURM_NODEID; "${@:2}"; done',
    }
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)

    def call(script: str, **slurm: str) -> list[str]:
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", **slurm}
        command = ["bash", str(ROOT / "scripts" / "slurm" / script), *SEARCH]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout.splitlines()

    return call


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_parses_and_is_requeued(script: Path) -> None:
    assert subprocess.run(["bash", "-n", script], capture_output=True).returncode == 0
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    directives = [line for line in lines if line.startswith("#SBATCH")]
    assert {"#SBATCH --requeue", "#SBATCH --open-mode=append"} <= set(directives)
    first_command = next(n for n, line in enumerate(lines) if line and not line.startswith("#"))
    assert all(
        lines.index(line) < first_command for line in directives
    )  # Slurm stops reading there


def array(indices: list[int], task: int) -> dict[str, str]:
    """What Slurm tells a task of `--array=indices`."""
    values = {"ID": task, "MIN": min(indices), "MAX": max(indices), "COUNT": len(indices)}
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in values.items()}


def test_an_array_task_searches_its_share(run, load_script) -> None:
    script, *arguments = run("run_mcts.sbatch", **array([0, 1, 2, 3, 4], 3))
    assert (ROOT / script).is_file()
    run_mcts = load_script(script)
    args = run_mcts.parse_arguments(arguments)
    assert (args.model_path, args.questions) == ("some/model", Path("my questions.jsonl"))
    assert run_mcts.parse_shard(args.shard) == (3, 5)


@pytest.mark.parametrize("indices", [[3, 7], [0, 4, 8, 12], [5], [1, 2, 3]], ids=str)
def test_an_array_with_gaps_is_refused_without_the_number_of_shares(run, indices) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run("run_mcts.sbatch", **array(indices, indices[-1]))
    assert caught.value.returncode == 2
    assert "give SHARDS=" in caught.value.stderr and caught.value.stderr.count("\n") == 1
    words = run("run_mcts.sbatch", **array(indices, indices[-1]), SHARDS="16")
    assert words[-2:] == ["--shard", f"{indices[-1]}/16"]


def test_without_an_array_one_job_does_all(run) -> None:
    assert run("run_mcts.sbatch")[-2:] == ["--shard", "0/1"]


def test_every_node_gets_a_launcher_that_accelerate_accepts(run, load_script) -> None:
    job = {"SLURM_JOB_NODELIST": "node-[a-b]", "SLURM_NNODES": "2", "SLURM_JOB_ID": "12"}
    words = run("run_mcts_nodes.sbatch", **job, SLURM_GPUS_ON_NODE="8")
    assert len(words) % 2 == 0
    for rank, half in enumerate((words[: len(words) // 2], words[len(words) // 2 :])):
        assert half[:2] == ["-m", "accelerate.commands.launch"]
        launch = launch_command_parser().parse_args(half[2:])
        assert launch.multi_gpu and (launch.num_machines, launch.num_processes) == (2, 16)
        assert (launch.machine_rank, launch.main_process_ip) == (rank, "node-a")
        assert launch.main_process_port == 20012
        assert (ROOT / launch.training_script).is_file()
        args = load_script(launch.training_script).parse_arguments(launch.training_script_args)
        assert (args.questions, args.target_diff) == (Path("my questions.jsonl"), 3)


@pytest.fixture
def load_script():
    import importlib.util

    def load(script: str):
        spec = importlib.util.spec_from_file_location(Path(script).stem, ROOT / script)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
