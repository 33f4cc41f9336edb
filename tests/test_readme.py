"""Guaranteed: every command of the README and the demo is one that its script understands."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def find_commands(name: str) -> list[list[str]]:
    """The commands of a file, from their script on: lines joined, shell variables replaced.

    Those in a README's ```bash blocks count; `accelerate launch` and its flags are left out.
    """
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".md"):
        text = "\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))
    text = re.sub(r"<<.*?EOF_NEXT\n", "", text, flags=re.DOTALL)
    lines = text.replace("\\\n", " ").splitlines()
    starts = r"python3? |accelerate launch .*?(?=scripts/|run_polar\.py)"
    commands = [re.sub(starts, "python ", line) for line in lines if re.match(starts, line)]
    return [shlex.split(re.sub(r"\$(\w+)", r"\1", command)) for command in commands]


COMMANDS = [
    pytest.param(command, id=f"{name}: {command[1]}")
    for name in ("README.md", "scripts/demo.sh")
    for command in find_commands(name)
]


def test_the_readme_and_the_demo_have_commands() -> None:
    scripts = {parameter.values[0][1] for parameter in COMMANDS}
    assert scripts >= {"scripts/prepare_questions.py", "scripts/run_mcts.py", "run_polar.py"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_understood_by_its_script(command: list[str]) -> None:
    script = ROOT / command[1]
    spec = importlib.util.spec_from_file_location(script.stem, script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.parse_arguments(command[2:])


def test_the_demo_runs_the_commands_of_the_readme() -> None:
    """The same flags as the README's first ones, so that its numbers are those of its commands."""
    values = {"model": "smollm2-135m", "questions": "data/questions/arithmetic-diff-1.jsonl"}
    demo = [[values.get(word, word) for word in command[1:]]
            for command in find_commands("scripts/demo.sh")]  # fmt: skip
    assert len(demo) == 3
    assert demo == [command[1:] for command in find_commands("README.md")[:3]]
