"""The files that the examples of polar/pipeline.py name: a tiny model and its predictor."""

import importlib.util
import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional
from transformers import LlamaForCausalLM

ROOT = Path(__file__).parent
SAYS = "\\boxed{15}"


@pytest.fixture(scope="session")
def tiny_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`models/tiny`, which answers 15 to everything, and `outputs/tiny/diff-1`, its predictor.

    The predictor answers every question with: keep layer 0, repeat 1 and 2, skip 3.
    """
    folder = tmp_path_factory.mktemp("tiny")
    tiny = load_module(ROOT / "tests" / "conftest.py")
    tokenizer = tiny.build_tokenizer()
    tokenizer.save_pretrained(folder / "models" / "tiny")
    build_parrot(tiny, tokenizer).save_pretrained(folder / "models" / "tiny")
    save_encoder(tokenizer, folder)
    train_predictor(folder).save_weights(folder / "outputs/tiny/diff-1/predictor.safetensors")
    return folder


@pytest.fixture(autouse=True)
def files_of_the_examples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the examples of polar/pipeline.py where its files are."""
    if isinstance(request.node, pytest.DoctestItem) and request.node.path.name == "pipeline.py":
        monkeypatch.chdir(request.getfixturevalue("tiny_workspace"))


def load_module(path: Path) -> Any:
    """A module that cannot be imported by name."""
    spec = importlib.util.spec_from_file_location("tiny_models", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build_parrot(tiny: Any, tokenizer: Any) -> Any:
    """A Llama whose layers add nothing and whose head follows each letter of SAYS by the next."""
    sizes = {**tiny.SIZES, "hidden_size": tiny.VOCABULARY, "head_dim": 8}
    torch.manual_seed(0)
    model: Any = LlamaForCausalLM(tiny.LlamaConfig(**sizes))
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight.data.zero_()
        layer.mlp.down_proj.weight.data.zero_()
    model.model.embed_tokens.weight.data.copy_(torch.eye(tiny.VOCABULARY))
    ids = [*tokenizer(":" + SAYS).input_ids, tiny.END]
    model.lm_head.weight.data.zero_()
    for before, after in itertools.pairwise(ids):
        model.lm_head.weight.data[after, before] = 1.0
    return model


def save_encoder(tokenizer: Any, folder: Path) -> None:
    """A random question encoder, 8 wide."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    bert = BertModel(BertConfig(vocab_size=300, intermediate_size=8, **sizes))
    bert.save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    parts = [Transformer(str(folder / "bert")), Pooling(8)]
    SentenceTransformer(modules=parts, device="cpu").save(str(folder / "encoder"))


def train_predictor(folder: Path) -> Any:
    """A predictor taught one program, whatever the features."""
    from polar.model import PolarPredictor, PredictorConfig

    torch.manual_seed(0)
    sizes = {"d_model": 16, "heads": 2, "layers": 1, "dropout": 0.0}
    predictor = PolarPredictor(
        PredictorConfig(depth=4, encoder_dim=8, encoder=str(folder / "encoder"), **sizes)
    )
    optimizer = torch.optim.Adam(predictor.parameters(), lr=0.01)
    starts, ops = torch.tensor([1.0, 1.0, 0.0, 1.0]), torch.tensor([1, 2, 2, 0])
    for _ in range(150):
        features = torch.randn(8, 14, 8)
        logits = predictor(features, torch.ones(8, 14, dtype=torch.bool))
        boundary = functional.binary_cross_entropy_with_logits(logits.boundary, starts.expand(8, 4))
        loss = boundary + functional.cross_entropy(logits.op.flatten(0, 1), ops.repeat(8))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return predictor.eval()
