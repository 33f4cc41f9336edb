"""Guaranteed: a session replays what is recorded, proposes only what is not, and ends with the
trace of a search that was never interrupted."""

from types import SimpleNamespace

import pytest

from mcts.rules import make_rule
from mcts.session import Session

RULE = make_rule("paper", "skip_loop", 6, num_simulations=10)


def make_session(recorded):
    return Session("q", RULE, seed=0, shared_seed=False, recorded=recorded)


def outcome(path):
    return SimpleNamespace(correct=2 not in path, answer=str(len(path)))


def recorded(proposal):
    return SimpleNamespace(**vars(outcome(proposal.path)), parent=proposal.parent)


def run(session):
    """Run a session to its end; what it proposed."""
    proposed = []
    while session.proposal is not None:
        proposed.append(session.proposal)
        session.advance(outcome(session.proposal.path))
    return proposed


def finish(session):
    """Run a session to its end; the paths that it proposed."""
    return [proposal.path for proposal in run(session)]


@pytest.mark.parametrize("num_recorded", range(11))
def test_a_resumed_search_is_the_uninterrupted_one(num_recorded):
    whole = make_session({})
    proposals = run(whole)
    paths = [proposal.path for proposal in proposals]
    resumed = make_session({p.path: recorded(p) for p in proposals[:num_recorded]})
    assert (resumed.num_replayed, resumed.misplaced) == (num_recorded, None)
    assert finish(resumed) == paths[num_recorded:]
    assert resumed.trace == whole.trace


def test_answers_stand_beside_their_paths():
    session = make_session({})
    finish(session)
    assert session.trace is not None
    assert all(e.answer == str(len(e.path)) for e in session.trace.executions)


def test_a_path_recorded_out_of_turn_is_not_proposed_either():
    proposals = run(make_session({}))
    session = make_session({p.path: recorded(p) for p in (proposals[0], proposals[3])})
    assert session.num_unused == 1
    assert run(session) == [proposals[1], proposals[2], *proposals[4:]]
    assert session.num_unused == 0


def test_what_a_search_never_comes_to_is_counted_and_another_parent_is_noticed():
    proposals = run(make_session({}))
    known = {p.path: recorded(p) for p in proposals}
    stranger = SimpleNamespace(correct=True, answer="1", parent=0)
    session = make_session(known | {(5, 5, 5): stranger})
    assert (session.num_unused, session.misplaced) == (1, None)
    known[proposals[4].path].parent = 9
    assert make_session(known).misplaced == proposals[4].path
