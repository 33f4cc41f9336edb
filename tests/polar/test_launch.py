"""Guaranteed: a process knows its place, and two that both believe to be first are stopped."""

import pytest
import torch

from polar.launch import find_place


def test_alone_without_a_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    place = find_place("cpu")
    assert (place.rank, place.world, place.device) == (0, 1, torch.device("cpu"))


def test_a_launcher_that_started_fewer_than_it_says_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")

    class Alone:
        num_processes, process_index, device = 1, 0, torch.device("cpu")

        def __init__(self, cpu: bool) -> None:
            assert cpu

    monkeypatch.setattr("polar.launch.PartialState", Alone)
    with pytest.raises(ValueError, match="announced 2 processes, this one sees 1"):
        find_place("cpu")


def test_a_device_that_is_not_there_is_one_line() -> None:
    with pytest.raises(ValueError, match=r"--device foo: .* give cpu, cuda or cuda:N") as error:
        find_place("foo")
    assert "\n" not in str(error.value)
