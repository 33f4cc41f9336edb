r"""Boxes: the \boxed{…} and \fbox{…} of a text, by their braces."""

import re
from collections.abc import Iterator

# One backslash, or two where a text was escaped twice.
_BOX_PART = re.compile(r"\\\\?(?P<box>boxed|fbox)\s*\{|\\.|\{|\}", re.DOTALL)
# With braces in it that hold no others, and no escaped brace.
_SIMPLE_BOX = re.compile(
    r"\\(?:boxed|fbox)\s*\{((?:[^{}\\]|\\[^{}]|\{(?:[^{}\\]|\\[^{}])*+\})*+)(\}?)"
)


def first_box(text: str) -> str | None:
    r"""The content of the first box whose braces close, None where there is none.

    >>> first_box(r"\boxed{1} \boxed{2}"), first_box(r"\boxed{1")
    ('1', None)
    """
    simple = _SIMPLE_BOX.search(text)
    if simple is None:
        return None
    if simple[2]:  # the braces inside are balanced
        return simple[1]
    return next((content for _, _, content in complete_boxes(text)), None)


def complete_boxes(text: str) -> Iterator[tuple[int, int, str]]:
    r"""Start, end and content of every outermost box whose braces close, in one pass.

    A box inside a closed box is part of it; one inside a box that never closes counts.

    >>> [content for _, _, content in complete_boxes(r"\boxed{a {b}} \boxed{ \boxed{c}")]
    ['a {b}', 'c']
    """
    if "boxed" not in text and "fbox" not in text:
        return
    open_braces: list[tuple[int, int] | None] = []  # (start, content start) of a box, else None
    found: list[tuple[int, int, int]] = []
    open_boxes = 0
    for match in _BOX_PART.finditer(text):
        part = match.group()
        if part == "{":
            open_braces.append(None)
        elif match["box"]:
            open_braces.append((match.start(), match.end()))
            open_boxes += 1
        elif part == "}" and open_braces:
            box = open_braces.pop()
            if box is None:
                continue
            open_boxes -= 1
            while found and found[-1][0] > box[0]:
                found.pop()
            found.append((box[0], match.end(), box[1]))
            if open_boxes == 0:
                yield from ((start, end, text[inner : end - 1]) for start, end, inner in found)
                found.clear()
    yield from ((start, end, text[inner : end - 1]) for start, end, inner in found)
