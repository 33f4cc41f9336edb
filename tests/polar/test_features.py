"""Guarantees of polar.features: what was stored comes back equal, memory-mapped, once per
question, from any process; a killed writer leaves nothing that a reader sees."""

import json
import multiprocessing
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from polar.features import FeatureStore, pad_features


def matrix(tokens: int, value: float = 1.0) -> np.ndarray:
    return np.full((tokens, 4), value, dtype=np.float32)


def test_stored_features_come_back_equal_in_another_process(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, "e")
    store.add(["a", "b"], [matrix(2, 1.5), matrix(3, 2.5)])
    store.add(["c"], [matrix(1, 3.5)])
    again = FeatureStore(tmp_path, "e")
    assert len(again) == 3
    assert again.dim == 4
    for question, expected in [("a", matrix(2, 1.5)), ("b", matrix(3, 2.5)), ("c", matrix(1, 3.5))]:
        assert np.array_equal(again[question], expected)


def test_features_are_memory_mapped(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, "e")
    store.add(["a"], [matrix(2)])
    assert isinstance(store["a"], np.memmap)


def test_missing_lists_distinct_questions_in_order(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, "e")
    store.add(["b"], [matrix(1)])
    assert store.missing(["c", "b", "a", "c"]) == ["c", "a"]


def test_two_writers_of_the_same_questions_do_not_disturb_each_other(tmp_path: Path) -> None:
    first, second = FeatureStore(tmp_path, "e"), FeatureStore(tmp_path, "e")
    first.add(["a"], [matrix(2, 1.0)])
    second.add(["a"], [matrix(2, 1.0)])
    assert np.array_equal(second["a"], matrix(2, 1.0))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("dies_in", ["json.dump", "os.fsync"])
def test_a_killed_writer_leaves_nothing_behind_that_a_reader_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    store = FeatureStore(tmp_path, "e")
    store.add(["a"], [matrix(2)])

    def die(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"polar.features.{dies_in}", die)
    with pytest.raises(KeyboardInterrupt):
        store.add(["b"], [matrix(2)])
    monkeypatch.undo()
    again = FeatureStore(tmp_path, "e")
    assert "a" in again
    assert again.missing(["b"]) == ["b"]
    again.add(["b"], [matrix(2)])
    assert "b" in FeatureStore(tmp_path, "e")


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    FeatureStore(tmp_path, "e").add(["a"], [matrix(200)])
    (shard,) = tmp_path.iterdir()
    data = (shard / "features.npy").read_bytes()
    (shard / "features.npy").write_bytes(data[:300])
    with pytest.raises(ValueError, match=f"delete {shard}"):
        FeatureStore(tmp_path, "e")


def test_features_cannot_run_code(tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    class Payload:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(trace),)

    FeatureStore(tmp_path / "e", "e").add(["a"], [matrix(2)])
    (shard,) = (tmp_path / "e").iterdir()
    np.save(shard / "features.npy", np.array([Payload()]), allow_pickle=True)
    array = (shard / "features.npy").read_bytes()
    for content in (array, pickle.dumps(Payload())):
        (shard / "features.npy").write_bytes(content)
        with pytest.raises(ValueError, match=f"delete {shard}"):
            FeatureStore(tmp_path / "e", "e")
    assert not trace.exists()


def test_a_shard_names_its_encoder(tmp_path: Path) -> None:
    FeatureStore(tmp_path, "minilm").add(["a"], [matrix(1)])
    (shard,) = tmp_path.iterdir()
    assert json.loads((shard / "index.json").read_text())["encoder"] == "minilm"


def test_a_question_without_tokens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no token for the question 'b'"):
        FeatureStore(tmp_path, "e").add(["a", "b"], [matrix(1), matrix(0)])


def test_an_empty_store_has_no_width(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="encode the questions first"):
        _ = FeatureStore(tmp_path / "none", "e").dim


def test_padding_nothing_gives_an_empty_batch() -> None:
    features, mask = pad_features([], dim=4)
    assert features.shape == (0, 0, 4)
    assert mask.shape == (0, 0)


@pytest.mark.parametrize(
    "index",
    [
        {},
        [],
        {"keys": ["a", "b"]},
        {"keys": ["a"], "offsets": [0, 2, 3]},
        {"keys": ["a", "b"], "offsets": [0, 2, 4]},
        {"keys": ["a", "b"], "offsets": [0, 3, 2]},
        {"keys": ["a", "b"], "offsets": [-1, 1, 3]},
        {"keys": [], "offsets": []},
        {"keys": ["a", "b"], "offsets": [0, None, 3]},
        {"keys": ["a", "b"], "offsets": 3},
        {"keys": [{}, "b"], "offsets": [0, 2, 3]},
    ],
)
def test_an_index_that_does_not_fit_its_matrix_is_named(tmp_path: Path, index: object) -> None:
    FeatureStore(tmp_path, "e").add(["a", "b"], [matrix(2), matrix(1)])
    (shard,) = tmp_path.iterdir()
    (shard / "index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match=f"delete {shard}") as error:
        FeatureStore(tmp_path, "e")
    assert len(str(error.value).splitlines()) == 1


def test_a_file_that_is_no_matrix_is_named(tmp_path: Path) -> None:
    FeatureStore(tmp_path, "e").add(["a"], [matrix(2)])
    (shard,) = tmp_path.iterdir()
    np.savez(shard / "zip.npz", a=matrix(2))
    for content in (b"", (shard / "zip.npz").read_bytes()):
        (shard / "features.npy").write_bytes(content)
        with pytest.raises(ValueError, match=f"delete {shard}"):
            FeatureStore(tmp_path, "e")


def test_a_matrix_of_another_dtype_is_named(tmp_path: Path) -> None:
    FeatureStore(tmp_path, "e").add(["a"], [matrix(2)])
    (shard,) = tmp_path.iterdir()
    np.save(shard / "features.npy", np.ones((2, 4), np.int64))
    with pytest.raises(ValueError, match="holds int64, not float32"):
        FeatureStore(tmp_path, "e")


def write_and_die(folder: Path) -> None:
    os.fsync = lambda descriptor: os._exit(1)  # type: ignore[assignment]
    FeatureStore(folder, "e").add(["dies"], [matrix(2)])


def test_drafts_of_dead_writers_are_removed_and_those_of_others_stay(tmp_path: Path) -> None:
    dead = multiprocessing.get_context("fork").Process(target=write_and_die, args=(tmp_path,))
    dead.start()
    dead.join(timeout=60)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(f".writing-{dead.pid}@")
    elsewhere = tmp_path / f".writing-{dead.pid}@another-host@x"
    alive = tmp_path / left.name.replace(str(dead.pid), str(os.getpid()), 1)
    for draft in (elsewhere, alive, tmp_path / left.name.replace(str(dead.pid), "x", 1)):
        draft.mkdir()
    FeatureStore(tmp_path, "e").add(["a"], [matrix(1)])
    assert not left.exists()
    assert elsewhere.exists() and alive.exists()
