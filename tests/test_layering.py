"""Guaranteed: the packages import each other in one direction only.

The three libraries know nothing of each other; mcts and polar.program need no torch.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"llm_depth_router", "dart_math", "mcts", "polar"}
MAY_IMPORT = {
    "llm_depth_router": {"torch", "transformers", "numpy"},
    "dart_math": {"sympy", "mpmath"},
    "mcts": set(),
    "polar": {
        *("llm_depth_router", "dart_math", "mcts", "torch", "numpy", "safetensors"),
        *("sentence_transformers", "accelerate", "huggingface_hub"),
    },
}


def imported_packages(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_imports_only_what_stands_below_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package} | set(sys.stdlib_module_names)
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    strays = {f.name: found for f in files if (found := imported_packages(f) - allowed)}
    assert strays == {}


@pytest.mark.parametrize(
    "module", ["mcts.search", "mcts.samples", "mcts.merge", "mcts.lockstep", "polar.program"]
)
def test_search_and_programs_import_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
