"""The doors that the child process shuts on itself."""


def refuse_side_effects() -> None:
    """From here on, refuse."""
