"""Guaranteed: the direct prompt is the paper's; a stop rule fires when the answer is complete."""

import pytest

from llm_depth_router.prompts import STYLES, has_complete_box, has_complete_line


def test_the_direct_prompt_is_the_papers() -> None:
    """Appendix D.4."""
    assert STYLES["direct"].render("Find $x$ in {1, 2}.") == (
        "Solve the following math problem and output ONLY the final answer directly,\n"
        "formatted strictly as \\boxed{ANSWER}.\n"
        "\n"
        "### Problem Start\n"
        "Find $x$ in {1, 2}.\n"
        "### Problem End\n"
        "\n"
        "Answer:"
    )
    assert STYLES["direct"].max_new_tokens == 50


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_style_starts_every_prompt_with_its_preamble(style) -> None:
    for question in ("Q?", "{question}", "\\frac{1}{2}"):
        prompt = style.render(question)
        assert prompt.startswith(style.preamble)
        assert question in prompt.removeprefix(style.preamble)


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        (r"\boxed{4}", True),
        (r"so \boxed {4}.", True),
        (r"\fbox{4}", True),
        (r"\boxed{\frac{1}{2}", False),
        (r"\boxed{\{1, 2\}}", True),
        (r"\boxed{\{1, 2\}", False),
        (r"\boxed 4", False),
        (r"\boxed then \boxed{5}", True),
        ("}", False),
        (r"\boxed{1 \\}", True),  # an escaped backslash, then the brace
        (r"\boxed{1 \boxed{2}", True),  # the inner one
        (r"\boxed{" * 50_000, False),  # in no time
    ],
)
def test_a_box_is_complete_when_its_braces_balance(text: str, complete: bool) -> None:
    assert has_complete_box(text) is complete
    assert not complete or any(closer in text for closer in STYLES["direct"].stop.closers)


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("The answer is 4.\nQ", True),
        ("\n\nThe answer is 4.", False),
        ("\n4\n", True),
        ("", False),
        (" \n\t\n", False),  # blank lines say nothing
        ("The answer is:\n", False),  # announced, and not given yet
        ("The answer is:\n\n15", False),
        ("The answer is:\n\n15\n", True),
        ("**The final answer is:**\n", False),
        ("The answer is \n", False),
        ("The answer is 15:\n", True),
        ("I do not know.\n", True),
        ("The answer is" + " " * 50_000 + "\n", False),  # in no time
    ],
)
def test_a_line_is_complete_when_it_ends(text: str, complete: bool) -> None:
    assert has_complete_line(text) is complete
