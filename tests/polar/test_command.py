"""Guaranteed: every command ends with 0, with 2 after one line, or with 130 after Ctrl-C."""

import pytest

from polar.command import run_command


def test_a_command_that_is_done_says_nothing(capsys) -> None:
    assert run_command("x.py", lambda: None) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("kind", [ValueError, FileNotFoundError, FloatingPointError])
def test_an_error_is_one_line_and_exit_code_2(kind: type[Exception], capsys) -> None:
    def fail() -> None:
        raise kind("give a number above 0")

    assert run_command("x.py", fail) == 2
    assert capsys.readouterr().err == "x.py: give a number above 0\n"


def test_an_interrupt_says_what_to_do(capsys) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assert run_command("x.py", interrupt, "interrupted; the same command goes on") == 130
    assert capsys.readouterr().err == "\nx.py: interrupted; the same command goes on\n"


def test_a_bug_is_a_crash() -> None:
    with pytest.raises(KeyError):
        run_command("x.py", lambda: {}["missing"])
