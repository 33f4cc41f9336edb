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


def finish(session):
    """Run a session to its end; the paths that it proposed."""
    proposed = []
    while session.proposal is not None:
        proposed.append(session.proposal.path)
        session.advance(outcome(session.proposal.path))
    return proposed


@pytest.mark.parametrize("num_recorded", range(11))
def test_a_resumed_search_is_the_uninterrupted_one(num_recorded):
    whole = make_session({})
    paths = finish(whole)
    resumed = make_session({path: outcome(path) for path in paths[:num_recorded]})
    assert resumed.num_replayed == num_recorded
    assert finish(resumed) == paths[num_recorded:]
    assert resumed.trace == whole.trace


def test_answers_stand_beside_their_paths():
    session = make_session({})
    finish(session)
    assert session.trace is not None
    assert all(e.answer == str(len(e.path)) for e in session.trace.executions)


def test_a_path_recorded_out_of_turn_is_not_proposed_either():
    paths = finish(make_session({}))
    recorded = {path: outcome(path) for path in (paths[0], paths[3])}
    assert finish(make_session(recorded)) == [paths[1], paths[2], *paths[4:]]
