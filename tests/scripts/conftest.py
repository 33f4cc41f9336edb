"""Commands as functions, and a workspace with a tiny model, a tiny encoder and questions."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from mcts.samples import Sample, write_samples
from polar.arithmetic import make_arithmetic
from polar.layout import samples_path
from polar.questions import Question, save_questions

ROOT = Path(__file__).parent.parent.parent
FULL, SHORT, LOOP = (0, 1, 2, 3), (0, 1, 3), (0, 1, 2, 1, 2, 3)


@pytest.fixture
def load_script() -> Callable[[str], Any]:
    """`load_script("scripts/run_mcts.py")` → its module."""

    def load(script: str) -> Any:
        spec = importlib.util.spec_from_file_location(Path(script).stem, ROOT / script)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def command(load_script: Callable[[str], Any]) -> Callable[..., int]:
    """`command("scripts/run_mcts.py", "--flag", value)` → exit code."""

    def call(script: str, *arguments: object) -> int:
        try:
            return load_script(script).main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse
            return int(stop.code or 0)

    return call


@dataclass(frozen=True)
class Workspace:
    root: Path
    model: Path  # 4 layers
    encoder: Path
    questions: Path  # 16 of difficulty 1

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def samples(self) -> Path:
        return samples_path(self.data, str(self.model), 1)

    def write_samples(self, header: dict | None = None, paths=(FULL, SHORT, LOOP)) -> Path:
        """Samples as if a search had found the same valid paths for every question."""
        rows = [
            Sample(q.id, q.question, q.answer, q.split, 1.0, tuple(paths), ())
            for q in self.make_questions()
        ]
        write_samples(self.samples, header or {}, rows)
        return self.samples

    @staticmethod
    def make_questions() -> list[Question]:
        return make_arithmetic(1, 16, seed=0)


@pytest.fixture
def workspace(tmp_path: Path, make_model, tokenizer: PreTrainedTokenizerFast,
              monkeypatch: pytest.MonkeyPatch) -> Workspace:  # fmt: skip
    monkeypatch.setenv("POLAR_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    model, encoder, bert = (tmp_path / name for name in ("tiny-llama", "tiny-encoder", "bert"))
    make_model("llama").save_pretrained(model)
    tokenizer.save_pretrained(model)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=300, intermediate_size=8, **sizes)).save_pretrained(bert)
    tokenizer.save_pretrained(bert)
    parts = [Transformer(str(bert)), Pooling(8)]
    SentenceTransformer(modules=parts, device="cpu").save(str(encoder))
    questions = tmp_path / "questions.jsonl"
    save_questions(questions, Workspace.make_questions())
    return Workspace(tmp_path, model, encoder, questions)
