"""The sources of questions that are files or tables of the hub, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from polar.sources.extras import HubTable
from polar.sources.math_levels import DART_COLUMNS, make_dart_math, make_math
from polar.sources.mmlu_pro import COLUMNS, make_mmlu_pro
from polar.sources.records import Maker
from polar.sources.word_problems import make_asdiv, make_gsm8k, make_mawps, make_whole_asdiv


@dataclass(frozen=True)
class Source:
    """How rows become questions, and what is known of the data set.

    `hub` is read where no file is given. A benchmark is evaluated on and not trained on, so all
    its rows are test questions unless asked otherwise. `known_sizes` says what a number of
    rows means. `has_same_question_ids`: rows of one id are one question.
    """

    make: Maker
    columns: tuple[str, ...] = ()
    hub: HubTable | None = None
    is_benchmark: bool = False
    has_difficulty: bool = False
    has_same_question_ids: bool = False
    known_sizes: Mapping[int, str] = field(default_factory=dict)


SOURCES = {
    "dart-math": Source(
        make_dart_math,
        columns=DART_COLUMNS,
        hub=HubTable("hkust-nlp/dart-math-pool-math", "train"),
        has_difficulty=True,
        has_same_question_ids=True,
    ),
    "math": Source(
        make_math,
        has_difficulty=True,
        known_sizes={7500: "all of MATH-train", 5000: "all of MATH-test"},
    ),
    "gsm8k": Source(
        make_gsm8k,
        hub=HubTable("openai/gsm8k", "train", config="main"),
        known_sizes={7473: "all of GSM8K-train", 1319: "all of GSM8K-test"},
    ),
    "asdiv": Source(
        make_asdiv,
        is_benchmark=True,
        known_sizes={2215: "the single-answer questions of ASDiv"},
    ),
    "asdiv-all": Source(
        make_whole_asdiv,
        is_benchmark=True,
        known_sizes={2305: "all of ASDiv, 90 of them with several answers"},
    ),
    "mawps": Source(
        make_mawps,
        hub=HubTable("MU-NLPC/Calc-mawps", "test"),
        is_benchmark=True,
        known_sizes={
            520: "the test questions of Calc-MAWPS, which the paper cites",
            2065: "the full set: addsub, multiarith, singleeq and singleop",
        },
    ),
    "mmlu-pro": Source(
        make_mmlu_pro,
        columns=COLUMNS,
        hub=HubTable("TIGER-Lab/MMLU-Pro", "test"),
        is_benchmark=True,
        known_sizes={12032: "all of MMLU-Pro"},
    ),
}
