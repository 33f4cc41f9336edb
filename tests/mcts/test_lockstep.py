"""Guaranteed: a question's trace is the same alone and beside others; every execution is in the
journal before its search goes on; progress adds up."""

import random

import pytest

from mcts.journal import open_journal
from mcts.journal_index import read_journals
from mcts.lockstep import Finished, deal, run_searches
from mcts.records import Record, search_settings
from mcts.rules import PRESETS, make_rule
from mcts.search import question_rng, search

DEPTH = 10
ASKED = {f"q{number}": f"digest {number}" for number in range(7)}
IDS = list(ASKED)


def is_right(question_id, path):
    return (sum(path) + len(question_id) + int(question_id[1:])) % 4 == 0


class Evaluator:
    """Returns a few of what was submitted, in any order; a question has one path out at a time."""

    def __init__(self, seed=0):
        self.chance, self.pending = random.Random(seed), {}
        self.num_run, self.most_pending = 0, 0

    def submit(self, question_id, path):
        assert question_id not in self.pending
        self.pending[question_id] = path
        self.most_pending = max(self.most_pending, len(self.pending))

    def step(self):
        ids = self.chance.sample(sorted(self.pending), self.chance.randrange(len(self.pending) + 1))
        self.num_run += len(ids)
        return [self.finish(id, self.pending.pop(id)) for id in ids]

    def finish(self, id, path):
        correct = is_right(id, path)
        return Finished(id, path, correct, str(sum(path)), f"answer {sum(path)}", 0.5)


def run(tmp_path, ids=IDS, *, rule=None, width=3, evaluator=None, shared_seed=False, **options):
    rule = rule or make_rule("release", "skip_loop", DEPTH, num_simulations=12)
    settings = search_settings(rule, seed=0, shared_seed=shared_seed)
    with open_journal(
        tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl", settings, ASKED
    ) as journal:
        return run_searches(
            ids,
            depth=DEPTH,
            rule=rule,
            seed=0,
            shared_seed=shared_seed,
            evaluator=evaluator or Evaluator(),
            journal=journal,
            width=width,
            **options,
        )


def search_alone(question_id, rule):
    steps = search(DEPTH, rule, question_rng(0, question_id))
    path = next(steps)
    try:
        while True:
            path = steps.send(is_right(question_id, path))
    except StopIteration as stop:
        return stop.value.with_answers([str(sum(e.path)) for e in stop.value.executions])


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("width", [1, 3, 50])
def test_a_trace_is_the_same_alone_and_in_lockstep(tmp_path, name, width):
    rule = make_rule(name, "skip_loop", DEPTH, num_simulations=12)
    evaluator = Evaluator()
    traces = run(tmp_path, rule=rule, width=width, evaluator=evaluator)
    assert list(traces.items()) == [(id, search_alone(id, rule)) for id in IDS]
    assert evaluator.most_pending == min(width, len(IDS))


def test_a_shared_seed_gives_every_question_the_same_first_paths(tmp_path):
    rule = make_rule("random", "skip_loop", DEPTH, num_simulations=9)
    traces = run(tmp_path, rule=rule, shared_seed=True)
    assert len({tuple(e.path for e in trace.executions) for trace in traces.values()}) == 1


def test_every_execution_is_recorded_with_its_place_in_the_tree(tmp_path):
    traces = run(tmp_path, IDS[:2])
    index = read_journals(sorted(tmp_path.glob("*.jsonl")))
    for id in IDS[:2]:
        assert index.read_all(id) == [
            Record(id, ASKED[id], e.path, e.correct, e.answer, f"answer {e.answer}", e.parent, 0.5)
            for e in traces[id].executions
        ]
    index.close()


def test_an_outcome_is_in_the_journal_before_the_next_path_is_submitted(tmp_path):
    class Checking(Evaluator):
        def submit(self, question_id, path):
            (journal,) = tmp_path.glob("*.jsonl")
            assert journal.read_bytes().count(b"\n") == 1 + self.num_run
            super().submit(question_id, path)

    run(tmp_path, IDS[:3], evaluator=Checking())


def test_progress_adds_up(tmp_path):
    reports, evaluator = [], Evaluator()
    traces = run(tmp_path, evaluator=evaluator, progress=reports.append)
    last = reports[-1]
    assert (last.num_questions, last.num_done) == (7, 7)
    assert last.num_executed == evaluator.num_run == 7 * 12
    assert last.num_replayed == 0
    assert last.num_solved == sum(bool(trace.valid_paths) for trace in traces.values())
    finished = [pair for report in reports for pair in report.just_finished]
    assert dict(finished) == traces and len(finished) == 7


def test_traces_need_not_be_kept(tmp_path):
    assert run(tmp_path, keep_traces=False) == {}


def test_no_questions_is_no_work(tmp_path):
    assert run(tmp_path, []) == {}


def test_an_evaluator_that_returns_another_path_is_a_bug(tmp_path):
    class Wrong(Evaluator):
        def finish(self, id, path):
            return super().finish(id, (0,))

    with pytest.raises(RuntimeError, match="did not submit"):
        run(tmp_path, evaluator=Wrong())


@pytest.mark.parametrize(
    ("ids", "width", "message"),
    [(["a", "b", "a"], 2, "question id 'a' is listed twice"), (["a"], 0, "is 1 or more, not 0")],
)
def test_bad_arguments_are_refused(tmp_path, ids, width, message):
    with pytest.raises(ValueError, match=message):
        run(tmp_path, ids, width=width)


def test_a_rule_of_another_depth_is_refused(tmp_path):
    with pytest.raises(ValueError, match="made for 8 layers, the model has 10"):
        run(tmp_path, rule=make_rule("paper", "skip", 8))


def test_questions_are_dealt_round_robin_to_all_processes():
    dealt = [deal(IDS, rank, 3) for rank in range(3)]
    assert dealt == [["q0", "q3", "q6"], ["q1", "q4"], ["q2", "q5"]]
    assert deal(IDS, 0, 1) == IDS
    with pytest.raises(ValueError, match="rank 3 of 3"):
        deal(IDS, 3, 3)
