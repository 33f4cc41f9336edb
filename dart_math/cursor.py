"""A cursor over the tokens of an answer, with the bounds of what is read."""

from dart_math.nodes import UnparsableError

MAX_NESTING = 40


class TokenCursor:
    """Where the reader stands; `next` is the token that comes, "" at the end."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, ""]  # "" ends the text
        self.position = 0
        self.next = self.tokens[0]
        self.nesting = 0

    def take(self) -> str:
        """Step over the next token and return it."""
        token = self.next
        if not token:
            raise UnparsableError("the end found where something should stand")
        self.move_to(self.position + 1)
        return token

    def accept(self, token: str) -> bool:
        """Step over the next token if it is `token`, and say whether it was."""
        if self.next != token:
            return False
        self.move_to(self.position + 1)
        return True

    def expect(self, token: str) -> None:
        """Step over `token`, which has to come."""
        if not self.accept(token):
            raise UnparsableError(f"{token} expected, {self.next or 'the end'} found")

    def move_to(self, position: int) -> None:
        """Stand before the token number `position`."""
        self.position = position
        self.next = self.tokens[position]

    def split_next(self, parts: list[str]) -> None:
        """Put `parts` in the place of the next token."""
        self.tokens[self.position : self.position + 1] = parts
        self.next = parts[0]

    def enter(self) -> None:
        """One bracket deeper; `nesting` is taken back by whoever leaves it."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise UnparsableError("nested too deeply")
