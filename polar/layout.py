"""Where files lie: the samples of a model and difficulty, and the directory of a run."""

import re
from pathlib import Path

from llm_depth_router.models import layout_name

SAMPLES = "merged_mcts_samples.json"


def samples_path(data_root: Path, model_name: str, difficulty: int) -> Path:
    """The samples file of a model and difficulty.

    A `data_root` that already ends in the model's name is taken as it is.

    >>> samples_path(Path("data"), "smollm2-135m", 1).as_posix()
    'data/smollm2-135m/dart-math-diff-1/merged_mcts_samples.json'
    >>> samples_path(Path("data/Qwen/Qwen3-8B"), "Qwen/Qwen3-8B", 2).parent.as_posix()
    'data/Qwen/Qwen3-8B/dart-math-diff-2'
    """
    name = layout_name(model_name)
    parts = Path(name).parts
    root = data_root if data_root.parts[-len(parts) :] == parts else data_root / name
    return root / f"dart-math-diff-{difficulty}" / SAMPLES


def find_samples(data_root: Path, model_name: str, difficulty: int) -> Path:
    """The samples file that is there, plain or `.json.gz`.

    Raises ValueError with the expected layout where there is none.
    """
    plain = samples_path(data_root, model_name, difficulty)
    packed = plain.with_name(plain.name + ".gz")
    for path in (plain, packed):
        if path.is_file():
            return path
    raise ValueError(
        f"no samples for difficulty {difficulty}: expected {plain} (or .gz); the layout is "
        f"{{data_root}}/{{model_path}}/dart-math-diff-{{1…5}}/{SAMPLES}, and "
        f"scripts/run_mcts.py --target_diff {difficulty} writes it"
    )


def journal_folder(samples: Path) -> Path:
    """Where the journals of the search lie that writes `samples`."""
    name = samples.name.removesuffix(".gz").removesuffix(".json")
    return samples.with_name(f"{name}-journals")


def run_directory(save_dir: Path, model_name: str, difficulty: int | None, run_tag: str) -> Path:
    """The directory of a run; `difficulty` None is all five.

    Raises ValueError where the tag is no part of a file's name.

    >>> run_directory(Path("outputs"), "smollm2-135m", None, "wide").as_posix()
    'outputs/smollm2-135m/diff-all-wide'
    """
    if run_tag and not re.fullmatch(r"[\w.+=,@-]+", run_tag):
        raise ValueError(f"--run_tag {run_tag!r} is no part of a file's name: take letters and -")
    scope = "all" if difficulty is None else str(difficulty)
    return (
        save_dir / layout_name(model_name) / (f"diff-{scope}" + (f"-{run_tag}" if run_tag else ""))
    )
