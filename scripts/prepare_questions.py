"""Write questions.jsonl files, split by question into train, validation and test.

python scripts/prepare_questions.py --source arithmetic --target_diff 1 --num_questions 96 \
    --output questions.jsonl
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from polar.arithmetic import LADDER, make_arithmetic
from polar.questions import save_questions
from polar.splits import SPLITS


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Write a questions.jsonl file (id, question, answer, difficulty, split).",
        epilog="Splits are 62.5 / 12.5 / 25 percent, disjoint by problem.",
    )
    add = parser.add_argument
    add("--source", default="arithmetic", choices=["arithmetic"], help="the built-in ladder")
    add("--target_diff", type=int, required=True, choices=sorted(LADDER), help="difficulty, 1…5")
    add("--num_questions", type=int, default=96, help="how many (default: 96)")
    add("--seed", type=int, default=0, help="which problems are drawn (default: 0)")
    add("--output", type=Path, required=True, help="the file to write")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 after one line that says what was wrong."""
    args = parse_arguments(arguments)
    try:
        questions = make_arithmetic(args.target_diff, args.num_questions, args.seed)
        save_questions(args.output, questions)
    except (ValueError, OSError) as error:
        print(f"prepare_questions.py: {error}", file=sys.stderr)
        return 2
    counts = Counter(question.split for question in questions)
    sizes = ", ".join(f"{counts[split]} {split}" for split in SPLITS)
    print(f"{args.output}: {len(questions)} questions ({sizes})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
