"""A process of a search over toy verdicts, for tests that kill it.

python search_process.py FOLDER RANK NUM_PROCESSES SECONDS_PER_STEP

It writes FOLDER/journals/rank-RANK.jsonl, and into FOLDER/submitted-RANK every path it runs.
"""

import hashlib
import os
import pathlib
import random
import sys
import time
from types import SimpleNamespace

from mcts.journal import Journal, open_journal
from mcts.journal_index import list_journals
from mcts.lockstep import Finished, deal, run_searches
from mcts.records import question_digest, search_settings
from mcts.rules import make_rule

DEPTH = 12
RULE = make_rule("release", "skip_loop", DEPTH, num_simulations=30)
SETTINGS = {"model": "toy", **search_settings(RULE, seed=0, shared_seed=False)}
QUESTIONS = [
    SimpleNamespace(id=f"q{number}", question=f"What is {number}?", answer="7", split="train")
    for number in range(24)
]
ASKED = {item.id: question_digest(item.question, item.answer) for item in QUESTIONS}


def toy_verdict(question_id, path):
    """A verdict that depends on question and path alone; right for about one in five."""
    return hashlib.sha256(repr((question_id, path)).encode()).digest()[0] < 50


class ToyEvaluator:
    """Finishes some of the submitted paths at each step, in any order, and logs what it runs."""

    def __init__(self, log=None, seconds_per_step=0.0, seed=None):
        self.log, self.seconds = log, seconds_per_step
        self.chance = random.Random(seed)
        self.submitted = []
        self.pending = []

    def submit(self, question_id, path):
        self.submitted.append((question_id, path))
        self.pending.append((question_id, path))
        if self.log is not None:
            os.write(self.log, f"{question_id} {path}\n".encode())

    def step(self):
        time.sleep(self.chance.random() * 2 * self.seconds)
        self.chance.shuffle(self.pending)
        num_finished = self.chance.randrange(4)
        finished, self.pending = self.pending[:num_finished], self.pending[num_finished:]
        return [make_finished(question_id, path, self.seconds) for question_id, path in finished]


def make_finished(question_id, path, seconds=0.0):
    correct = toy_verdict(question_id, path)
    answer = "7" if correct else None
    return Finished(question_id, path, correct, answer, f"It is {answer}.", seconds)


def search_questions(journal: Journal, question_ids, evaluator, width=5):
    return run_searches(
        question_ids,
        depth=DEPTH,
        rule=RULE,
        seed=0,
        shared_seed=False,
        evaluator=evaluator,
        journal=journal,
        width=width,
    )


def main(folder: pathlib.Path, rank: int, num_processes: int, seconds_per_step: float) -> None:
    journals = folder / "journals"
    own = journals / f"rank-{rank}.jsonl"
    log = os.open(folder / f"submitted-{rank}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with open_journal(own, SETTINGS, ASKED, list_journals(journals)) as journal:
        question_ids = deal([question.id for question in QUESTIONS], rank, num_processes)
        search_questions(journal, question_ids, ToyEvaluator(log, seconds_per_step))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
