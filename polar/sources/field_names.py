"""Questions of any JSON lines or parquet file, by the names of its fields."""

from dataclasses import dataclass

from polar.questions import Question
from polar.sources.records import Record, find, make_id, read_level, read_optional, read_text


@dataclass(frozen=True)
class FieldNames:
    """Which field holds what; `a.b` is field b of object a."""

    question: str = "question"
    answer: str = "answer"
    id: str = "id"
    difficulty: str = "difficulty"
    subject: str = "subject"

    def make(self, record: Record) -> Question:
        """A question of a record; id, difficulty and subject may be missing."""
        fields = record.fields
        has_level = find(fields, self.difficulty) is not None
        return Question(
            id=make_id("jsonl", record, self.id),
            question=read_text(fields, self.question),
            answer=read_text(fields, self.answer),
            difficulty=read_level(fields, self.difficulty) if has_level else None,
            subject=read_optional(fields, self.subject),
        )
