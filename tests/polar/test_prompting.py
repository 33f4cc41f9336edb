"""Guaranteed: evaluation prompts as the search did, and refuses to do otherwise."""

import pytest
import torch

from llm_depth_router.models import ModelRow
from polar.prompting import choose_dtype, choose_prompting, is_multiple_choice
from polar.questions import Question

ROW = ModelRow("x/y")
CPU = torch.device("cpu")


def test_the_models_defaults_count_where_nothing_is_asked_or_recorded() -> None:
    prompting = choose_prompting(ROW)
    assert (prompting.style.name, prompting.chat_template, prompting.max_new_tokens) == (
        "direct",
        False,
        50,
    )


def test_what_was_searched_with_is_taken_up() -> None:
    searched = choose_prompting(ROW, style="fewshot", chat_template=True, max_new_tokens=7)
    again = choose_prompting(ROW, searched=searched.describe())
    assert again == searched


@pytest.mark.parametrize(
    "asked", [{"style": "direct"}, {"chat_template": False}, {"max_new_tokens": 50}]
)
def test_another_prompt_than_searched_with_is_refused(asked: dict) -> None:
    searched = choose_prompting(ROW, style="fewshot", chat_template=True, max_new_tokens=7)
    with pytest.raises(ValueError, match=r"searched with another prompt .* here, .* there"):
        choose_prompting(ROW, searched=searched.describe(), **asked)


def test_a_recorded_prompt_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"prompt\.style is list, not str"):
        choose_prompting(ROW, searched={"style": ["direct"]})


def test_a_changed_text_of_a_style_is_noticed() -> None:
    recorded = choose_prompting(ROW).describe() | {"text": "000000000000"}
    with pytest.raises(ValueError, match="text is"):
        choose_prompting(ROW, searched=recorded)


def test_the_dtype_is_the_searched_one() -> None:
    assert choose_dtype(None, None, CPU) == "float32"
    assert choose_dtype(None, "bfloat16", CPU) == "bfloat16"
    assert choose_dtype("float16", None, CPU) == "float16"
    with pytest.raises(ValueError, match="unknown dtype 'evil'"):
        choose_dtype(None, "evil", CPU)
    with pytest.raises(ValueError, match="searched in float32, not bfloat16"):
        choose_dtype("bfloat16", "float32", CPU)


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("Which?\nA. 3\nB. 4", "B", True),
        ("Two laws:\nA. one\nB. two\nWhich?\nA. A\nB. B\nC. both", "C", True),
        ("Which?\nA. 3\nB. 4", "C", False),
        ("Which?\nA. 3\nC. 4", "A", False),
        ("Which?\nA. 3", "A", False),
        ("A. 3\nB. 4\nWhich is A + B?", "7", False),
        ("What is 1 + 1?", "2", False),
    ],
)
def test_options_are_known_by_the_text_as_a_samples_file_has_no_list_of_them(
    text: str, answer: str, expected: bool
) -> None:
    assert is_multiple_choice(Question("q", text, answer)) is expected
