"""MMLU-Pro: multiple choice in 14 subjects, asked with the options as lines "A. …" (§5.7)."""

from polar.questions import LETTERS, Question
from polar.sources.records import Record, RecordError, find, make_id, read_text

COLUMNS = ("question_id", "question", "options", "answer", "answer_index", "category")
SUBJECTS = (
    "biology",
    "business",
    "chemistry",
    "computer science",  # not in the paper's tables
    "economics",
    "engineering",
    "health",
    "history",
    "law",
    "math",
    "other",
    "philosophy",
    "physics",
    "psychology",
)


def make_mmlu_pro(record: Record) -> Question:
    """A row of MMLU-Pro; the answer is the letter."""
    fields = record.fields
    options = _read_options(record)
    subject = read_text(fields, "category", "subject")
    if subject not in SUBJECTS:
        raise RecordError(f"{subject!r:.40} is none of the subjects {', '.join(SUBJECTS)}")
    own_id = find(fields, "question_id")
    return Question(
        id=make_id("mmlu-pro", record, "id") if own_id is None else f"mmlu-pro/{own_id}",
        question=ask(read_text(fields, "question"), options),
        answer=_read_letter(record, len(options)),
        subject=subject,
        options=options,
    )


def _read_options(record: Record) -> tuple[str, ...]:
    options = find(record.fields, "options")
    if not isinstance(options, list) or not all(isinstance(text, str) for text in options):
        raise RecordError("'options' is not a list of texts")
    while options and options[-1] == "N/A":  # fills up to ten in the first edition
        options = options[:-1]
    if not 2 <= len(options) <= len(LETTERS):
        raise RecordError(f"there are {len(options)} options, not 2 to {len(LETTERS)}")
    for index, text in enumerate(options):
        read_text({LETTERS[index]: text}, LETTERS[index])
    return tuple(options)


def _read_letter(record: Record, num_options: int) -> str:
    letter = read_text(record.fields, "answer").strip()
    if letter not in LETTERS[:num_options]:
        raise RecordError(f"the answer {letter!r:.40} is none of {''.join(LETTERS[:num_options])}")
    index = find(record.fields, "answer_index")
    if index is not None and index != LETTERS.index(letter):
        raise RecordError(f"the answer is {letter}, but 'answer_index' is {index!r:.40}")
    return letter


def ask(question: str, options: tuple[str, ...]) -> str:
    """The question and its options, each on a line of its own.

    >>> ask("Which is even?", ("3", "4"))
    'Which is even?\\nA. 3\\nB. 4'
    """
    lines = [
        f"{letter}. {' '.join(text.split())}"
        for letter, text in zip(LETTERS, options, strict=False)
    ]
    return "\n".join([question.rstrip(), *lines])
