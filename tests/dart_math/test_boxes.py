"""Boxes come in order, with their places; the first is the first that closes."""

from dart_math.boxes import complete_boxes, first_box


def test_boxes_come_in_order_with_their_places() -> None:
    assert list(complete_boxes(r"a\boxed{1}\boxed{2}")) == [(1, 10, "1"), (10, 19, "2")]


def test_the_first_box_is_the_first_that_closes() -> None:
    assert first_box(r"\boxed{1} \boxed{2}") == "1"
    assert first_box(r"\boxed{ \frac{1}{2 and \boxed{3}") == "3"
    assert first_box(r"\boxed 5") is None
