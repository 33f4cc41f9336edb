"""Guaranteed: the pipeline runs the predicted program, as one job alone would, and says which."""

import math
from pathlib import Path

import pytest
import torch

from llm_depth_router.execute import run_job
from llm_depth_router.jobs import Job
from polar.decode import Candidate, DecodeConfig, beam_decode
from polar.encoder import encode_tokens
from polar.features import pad_features
from polar.model import PolarPredictor, PredictorConfig
from polar.pipeline import PolarPipeline, find_predictor
from polar.program import Op, Program, Segment

MODEL, RUN = "models/tiny", "outputs/tiny/diff-1"
QUESTIONS = ["What is 7 + 8?", "What is 12 * 3?", "How many?"]
LEARNED = (0, 1, 2, 1, 2)  # the program of the workspace's predictor


@pytest.fixture
def folder(tiny_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tiny_workspace)
    return tiny_workspace


@pytest.fixture(scope="module")
def pipeline(tiny_workspace: Path) -> PolarPipeline:
    model, predictor = tiny_workspace / MODEL, tiny_workspace / RUN
    return PolarPipeline.from_pretrained(str(model), predictor, device="cpu")


@pytest.fixture
def talker(folder: Path, make_model, tokenizer) -> PolarPipeline:
    """A pipeline whose model's layers matter: random weights, the same predictor."""
    random = folder / "models" / "random"
    make_model("llama").save_pretrained(random)
    tokenizer.save_pretrained(random)
    return PolarPipeline.from_pretrained(str(random), RUN, device="cpu", max_new_tokens=8)


def save_predictor(folder: Path, name: str, **sizes: object) -> Path:
    config = {"depth": 4, "encoder_dim": 8, "encoder": str(folder / "encoder"), "d_model": 8,
              "heads": 2, "layers": 1, **sizes}  # fmt: skip
    path = folder / f"{name}.safetensors"
    PolarPredictor(PredictorConfig(**config)).save_weights(path)
    return path


def test_one_question_gives_its_programs_and_many_a_list_each(pipeline: PolarPipeline) -> None:
    (best,) = pipeline.answer(QUESTIONS[0])
    assert (best.question, best.answer, best.response) == (QUESTIONS[0], "15", r"\boxed{15}")
    assert best.path == best.program.path == LEARNED
    many = pipeline.answer(QUESTIONS, k=2)
    assert [[one.question for one in ranked] for ranked in many] == [[q, q] for q in QUESTIONS]
    assert pipeline.answer([]) == []


def test_the_programs_are_the_k_best_distinct_and_sorted(pipeline: PolarPipeline) -> None:
    ranked = pipeline.answer(QUESTIONS[0], k=4)
    assert len({one.path for one in ranked}) == 4
    chances = [one.probability for one in ranked]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.5 and sum(chances) <= 1


def test_no_more_programs_come_than_can_be_decoded(pipeline: PolarPipeline) -> None:
    ranked = pipeline.answer(QUESTIONS[0], k=50)
    assert len(ranked) == 2 ** len(ranked[0].program.segments)


def test_the_probability_is_the_product_over_the_segments(pipeline: PolarPipeline) -> None:
    (best,) = pipeline.answer(QUESTIONS[0])
    chooser = pipeline.chooser
    features, mask = pad_features(encode_tokens(chooser.encoder, QUESTIONS[:1]), dim=8)
    with torch.inference_mode():
        logits = chooser.predictor(features, mask)
    chances = logits.op.softmax(dim=-1)[0]
    product = math.prod(float(chances[start, op]) for start, _, op in best.program.segments)
    assert best.probability == pytest.approx(product, rel=1e-5)
    assert beam_decode(logits, DecodeConfig(1, 1))[0][0].program == best.program


def test_a_response_is_that_of_its_path_run_alone(talker: PolarPipeline) -> None:
    """Batched with others, whose paths and prompts have other lengths."""
    many = talker.answer(QUESTIONS, k=3)
    loaded, style = talker.loaded, talker.prompting.style
    for one in (one for ranked in many for one in ranked if one.path):
        job = Job(loaded.render(style, one.question), one.path)
        alone = run_job(loaded.model, loaded.tokenizer, job, max_new_tokens=8, stop=style.stop)
        assert one.response == alone.text
    assert len({one.response for ranked in many for one in ranked}) > 3


def test_run_takes_any_path_and_runs_a_pair_once(talker: PolarPipeline, monkeypatch) -> None:
    submitted = []
    submit = talker.runner.submit
    monkeypatch.setattr(
        talker.runner,
        "submit",
        lambda job, **more: submitted.append(job.path) or submit(job, **more),
    )
    full, short, empty = ("a", (0, 1, 2, 3)), ("a", (0, 3)), ("a", ())
    responses = talker.run([full, short, empty, full])
    assert responses[0] == responses[3] != responses[1]
    assert responses[2] == "" and talker.extract("a", "") is None
    assert submitted == [full[1], short[1]]


def test_a_program_that_skips_everything_keeps_its_place_without_an_answer(
    pipeline: PolarPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Candidate(Program((Segment(0, 4, Op.SKIP),)), math.log(0.5))
    whole = Candidate(Program((Segment(0, 4, Op.KEEP),)), math.log(0.25))
    monkeypatch.setattr(pipeline.chooser, "choose", lambda questions, k: [[nothing, whole]])
    first, second = pipeline.answer(QUESTIONS[0], k=2)
    assert (first.path, first.answer, first.response) == ((), None, "")
    assert first.probability == pytest.approx(0.5)
    assert (second.path, second.answer) == ((0, 1, 2, 3), "15")


def test_the_prompt_style_decides_what_counts_as_an_answer(folder: Path) -> None:
    pipeline = PolarPipeline.from_pretrained(MODEL, RUN, device="cpu", prompt_style="fewshot")
    extracted = [pipeline.extract("1?", said) for said in ("The answer is 7.", r"\boxed{7}")]
    assert extracted == ["7", None]
    assert pipeline.prompting.max_new_tokens == 12


def test_a_question_with_options_is_answered_by_a_letter(pipeline: PolarPipeline) -> None:
    question = "Which is even?\nA. 3\nB. 4"
    for response in (r"\boxed{B}", "The answer is (B) as 4 is even.", "answer: B"):
        assert pipeline.extract(question, response) == "B"
    assert pipeline.extract(question, r"\boxed{4}") is None


@pytest.mark.parametrize("place", [RUN, RUN + "/predictor.safetensors", "saved"])
def test_a_predictor_is_a_run_a_file_or_what_save_pretrained_wrote(folder: Path, place) -> None:
    find_predictor(RUN, depth=4).save_pretrained(folder / "saved")
    (best,) = PolarPipeline.from_pretrained(MODEL, place, device="cpu").answer(QUESTIONS[0])
    assert best.path == LEARNED


def test_a_hub_id_is_loaded_from_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(
        PolarPredictor, "from_pretrained", lambda name, **more: asked.append((name, more))
    )
    find_predictor("somebody/polar-tiny", depth=4)
    assert asked == [("somebody/polar-tiny", {"depth": 4})]


def test_what_does_not_fit_is_named(folder: Path) -> None:
    deep = save_predictor(folder, "deep", depth=6)
    foreign = save_predictor(folder, "foreign", model="Qwen/Qwen3-8B")
    nameless = save_predictor(folder, "nameless", encoder="")
    moved = save_predictor(folder, "moved", encoder_digest="0" * 64)
    for predictor, options, message in (
        (deep, {}, "trained for a model of 6 layers, this one has 4"),
        (foreign, {}, "trained for Qwen/Qwen3-8B, not models/tiny"),
        (nameless, {}, "does not name its question encoder"),
        (moved, {}, "encoder is not the one that the predictor was trained with"),
        ("no/where/diff-1", {}, "no predictor at no/where/diff-1"),
        (RUN, {"dtype": "float8"}, "unknown dtype 'float8'"),
        (RUN, {"prompt_style": "verse"}, "unknown prompt style 'verse'"),
    ):
        with pytest.raises(ValueError, match=message):
            PolarPipeline.from_pretrained(MODEL, predictor, device="cpu", **options)
    with pytest.raises(ValueError, match="unknown model"):
        PolarPipeline.from_pretrained("tinny", RUN)


def test_a_question_that_cannot_run_is_named(pipeline: PolarPipeline) -> None:
    with pytest.raises(ValueError, match="k must be at least 1, not 0"):
        pipeline.answer("What is 7 + 8?", k=0)
    with pytest.raises(ValueError, match="no token in the question ''"):
        pipeline.answer(["What is 7 + 8?", ""])
    with pytest.raises(ValueError, match=r"question 'x+' cannot run: a prompt of \d+ tokens"):
        pipeline.answer("x" * 300)
    (again,) = pipeline.answer("What is 7 + 8?")
    assert again.answer == "15"


def test_the_features_of_another_encoder_are_refused(folder: Path) -> None:
    wide = save_predictor(folder, "wide", encoder_dim=16)
    pipeline = PolarPipeline.from_pretrained(MODEL, wide, device="cpu")
    with pytest.raises(ValueError, match="features 8 wide, the predictor was trained on 16"):
        pipeline.answer("What is 7 + 8?")
