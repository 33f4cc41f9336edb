"""Guaranteed: lm-evaluation-harness runs each request by the path of its context, exactly.

The tests that need the harness run where it is installed (pip install -e '.[lm-eval]').
"""

import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.context_paths import ContextPaths, load_chooser, run_by_path
from polar.decode import Candidate
from polar.encoder import encode_tokens
from polar.program import Op, Program, Segment

SCRIPT = "scripts/lm_eval_polar.py"
RUN = "outputs/tiny/diff-1"
FULL, SHORT, LOOP = (0, 1, 2, 3), (1, 3), (0, 1, 2, 1, 2, 3)
needs_harness = pytest.mark.skipif(
    importlib.util.find_spec("lm_eval") is None, reason="needs pip install -e '.[lm-eval]'"
)


class FakeChooser:
    """Skips all four layers first, then keeps as many as the context has words."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def choose(self, contexts, k):
        self.asked += contexts
        empty = Program((Segment(0, 4, Op.SKIP),))
        return [[Candidate(empty, -0.1), Candidate(keep(len(text.split())), -1.0)][:k]
                for text in contexts]  # fmt: skip


def keep(layers: int) -> Program:
    return Program(tuple(Segment(n, 1, Op.KEEP if n < layers else Op.SKIP) for n in range(4)))


def test_each_distinct_context_is_predicted_once() -> None:
    paths = ContextPaths(FakeChooser(), depth=4)
    assert paths.choose(["a b", "c", "a b"]) == [(0, 1), (0,), (0, 1)]
    assert paths.choose(["c", "a b c d"]) == [(0,), FULL]
    assert paths.chooser.asked == ["a b", "c", "a b c d"]
    assert paths.describe() == {
        "polar_contexts": 3,
        "polar_distinct_paths": 3,
        "polar_mean_layers": pytest.approx(7 / 3),
        "polar_full_path_share": pytest.approx(1 / 3),
    }


def test_an_empty_context_and_the_predictor_full_give_the_full_path(tiny_workspace) -> None:
    paths = ContextPaths(FakeChooser(), depth=4)
    assert paths.choose(["", " \n", "a"]) == [FULL, FULL, (0,)]
    assert paths.chooser.asked == ["a"]
    everything = ContextPaths(load_chooser("full", "any", 4, None), depth=4)
    assert everything.choose(["", "a b"]) == [FULL, FULL]


def test_requests_of_one_path_run_together_and_come_back_in_order() -> None:
    groups = []

    def run(group, path):
        groups.append((group, path))
        return [request.upper() for request in group]

    assert run_by_path(["a", "b", "c"], [SHORT, FULL, SHORT], run) == ["A", "B", "C"]
    assert groups == [(["a", "c"], SHORT), (["b"], FULL)]
    assert run_by_path([], [], run) == []


def test_of_a_long_context_the_encoder_reads_the_end(tiny_workspace, monkeypatch) -> None:
    monkeypatch.chdir(tiny_workspace)
    encoder = load_chooser(RUN, "models/tiny", 4, "cpu").encoder
    encoder.max_seq_length = 8
    long, end, other = encode_tokens(encoder, ["solved example " + "7 + 8 = ?", "7 + 8 = ?"[-8:],
                                               "7 + 8 = ? and more"])  # fmt: skip
    assert long == pytest.approx(end) and long != pytest.approx(other)


def test_the_harness_gets_its_own_flags_as_they_were_typed(command) -> None:
    script = load_script()
    flags = "--model_args pretrained=a predictor=full --tasks x,y --limit 2 -b 4"
    args = script.parse_arguments(["run", *flags.split()])
    assert (args.model, args.model_args) == ("polar", ["pretrained=a", "predictor=full"])
    assert args.rest == ["run", "--tasks", "x,y", "--limit", "2", "-b", "4"]
    assert script.parse_arguments(["-M", "hf", "-a", "pretrained=a"]).model == "hf"
    as_json = '{"pretrained": "a", "predictor": "full"}'
    assert script.parse_arguments(["-a", as_json]).model_args == [as_json]


def load_script():
    path = Path(__file__).parent.parent.parent / SCRIPT
    spec = importlib.util.spec_from_file_location("lm_eval_polar", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "given", ["pretrained=a", "predictor=full", "pretrained=a,dtype=auto", '{"pretrained": 1}', "{"]
)
def test_polar_needs_a_model_and_a_predictor(command, capsys, given) -> None:
    assert command(SCRIPT, "--model_args", given, "--tasks", "x") == 2
    assert "needs --model_args pretrained=" in capsys.readouterr().err


def test_without_the_harness_one_line_says_what_to_install(command, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    assert command(SCRIPT, "--model_args", "pretrained=a,predictor=full", "--tasks", "x") == 2
    assert capsys.readouterr().err == (
        "lm_eval_polar.py: needs lm-evaluation-harness: pip install -e '.[lm-eval]'\n"
    )


ROWS = [
    {
        "question": f"What is {a} + {b}? " + "Think. " * a,
        "answer": str(a + b),
        "choices": ["3", "15"],
    }
    for a, b in ((1, 2), (7, 8), (2, 1), (3, 4))
]
SHARED = """\
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/rows.jsonl}}, cache_dir: {folder}/cache}}
test_split: test
doc_to_text: "{{{{question}}}}:"
"""
TASKS = {
    "polar_generate": """\
doc_to_target: "{{answer}}"
output_type: generate_until
generation_kwargs: {until: ["}"], max_gen_toks: 12, do_sample: false}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
""",
    "polar_choice": """\
doc_to_choice: "{{choices}}"
doc_to_target: "1"
output_type: multiple_choice
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
""",
    "polar_word": """\
doc_to_target: " {{answer}}"
output_type: loglikelihood
metric_list: [{metric: perplexity, aggregation: perplexity, higher_is_better: false}]
""",
    "polar_rolling": """\
doc_to_target: "{{question}}"
output_type: loglikelihood_rolling
metric_list: [{metric: word_perplexity, aggregation: weighted_perplexity, higher_is_better: false}]
""",
}


@pytest.fixture
def tasks(workspace) -> Path:
    """A folder of local tasks of all four kinds of requests."""
    folder = workspace.root / "tasks"
    folder.mkdir()
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    for name, text in TASKS.items():
        (folder / f"{name}.yaml").write_text(SHARED.format(name=name, folder=folder) + text)
    return folder


@needs_harness
def test_the_full_path_reproduces_hf_to_the_last_digit(command, workspace, tasks) -> None:
    found = {}
    for model, more in (("hf", ""), ("polar", ",predictor=full")):
        output = workspace.root / model
        flags = f"--tasks {','.join(TASKS)} --batch_size 3 --device cpu --log_samples".split()
        model_args = f"pretrained={workspace.model}{more}"
        assert command(SCRIPT, "--model", model, "--model_args", model_args, "--include_path",
                       tasks, "--output_path", output, *flags) == 0  # fmt: skip
        (results,) = output.rglob("results_*.json")
        samples = {
            path.name.split("_2")[0]: [json.loads(line) for line in path.read_text().splitlines()]
            for path in output.rglob("samples_*.jsonl")
        }
        found[model] = json.loads(results.read_text())["results"], samples
    assert found["polar"] == found["hf"]
    assert set(found["hf"][0]) == set(TASKS) and len(found["hf"][1]) == len(TASKS)


@needs_harness
def test_every_request_runs_the_path_of_its_context(workspace, monkeypatch) -> None:
    """In batches, left-padded to generate, with paths that skip layer 0 and repeat: as alone."""
    from lm_eval.models.huggingface import HFLM

    from harness.polar_lm import PolarLM
    from llm_depth_router.execute import executing

    contexts = ["What is 1 + 2?", "How many legs have 3 cats?", "7 + 8 =", "Name a number:"]
    paths = [SHORT, LOOP, SHORT, LOOP]
    lm = PolarLM(str(workspace.model), "full", batch_size=4, device="cpu")
    monkeypatch.setattr(lm.paths, "choose", lambda asked: [
        dict(zip(contexts, paths, strict=True))[context] for context in asked])  # fmt: skip
    alone = HFLM(str(workspace.model), batch_size=1, device="cpu")
    settings = {"until": ["\n"], "max_gen_toks": 8, "do_sample": False}
    for method, seconds in (("generate_until", [settings]), ("loglikelihood", [" 3", " 12"])):
        requests = [SimpleNamespace(args=(context, second), task_name="t")
                    for context in contexts for second in seconds]  # fmt: skip
        together = getattr(lm, method)(requests)
        for request, result in zip(requests, together, strict=True):
            path = paths[contexts.index(request.args[0])]
            with executing(alone.model, path):
                (expected,) = getattr(alone, method)([request], disable_tqdm=True)
            assert result == pytest.approx(expected, abs=1e-4)
    assert len(set(lm.generate_until([SimpleNamespace(args=(c, settings)) for c in contexts]))) > 1


@needs_harness
def test_the_results_tell_what_all_processes_chose(workspace, monkeypatch) -> None:
    from harness.polar_lm import PolarLM

    lm = PolarLM(str(workspace.model), "full", batch_size=4, device="cpu")
    monkeypatch.setattr(lm, "gather_object", lambda mine: [dict(mine), {"elsewhere": SHORT}])
    lm.loglikelihood([SimpleNamespace(args=("What is 1 + 2?", " 3"), task_name="t")])
    told = lm.get_model_info()
    assert (told["polar_contexts"], told["polar_mean_layers"]) == (2, 3.0)
    monkeypatch.setattr(lm, "gather_object", lambda mine: None)  # as on all but the first
    lm.loglikelihood([SimpleNamespace(args=("What is 1 + 2?", " 3"), task_name="t")])
