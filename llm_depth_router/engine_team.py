"""Several engines over one model, each in a thread of its own: the way to use a CPU's cores.

The matrices of a sweep are small: two cores that share each of them spend much of their time
waiting for each other. Two engines that share nothing but the weights do not (docs/engine.md).
"""

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from llm_depth_router.engine import GIBIBYTE, Engine
from llm_depth_router.jobs import Completion, Job
from llm_depth_router.layer_stack import LayerStack
from llm_depth_router.meter import Meter
from llm_depth_router.prompts import StopRule
from llm_depth_router.runner import Runner

MAX_ENGINES = 4  # more of them would have too few jobs each for a full batch

Finished = list[tuple[int, Completion]]


def start_engine(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    preamble: str = "",
    cache_bytes: int = 2 * GIBIBYTE,
    prefix_bytes: int = GIBIBYTE,
) -> "Engine | EngineTeam":
    """The engine that suits the model's device: a team on a CPU with several threads, else one."""
    engines = min(torch.get_num_threads(), MAX_ENGINES) if model.device.type == "cpu" else 1
    if engines > 1:
        return EngineTeam(
            model,
            tokenizer,
            engines=engines,
            preamble=preamble,
            cache_bytes=cache_bytes,
            prefix_bytes=prefix_bytes,
        )
    return Engine(
        model,
        tokenizer,
        preamble=preamble,
        cache_bytes=cache_bytes,
        prefix_bytes=prefix_bytes,
    )


class EngineTeam(Runner):
    """Engines that share the weights; the jobs of one prompt all go to the same one.

    The two budgets are those of the team; each engine gets an equal part.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        engines: int,
        preamble: str = "",
        cache_bytes: int = 2 * GIBIBYTE,
        prefix_bytes: int = GIBIBYTE,
    ) -> None:
        stack = LayerStack(model, pack=model.device.type == "cpu")
        self._engines = [
            Engine(
                model,
                tokenizer,
                preamble=preamble,
                cache_bytes=cache_bytes // engines,
                prefix_bytes=prefix_bytes // engines,
                stack=stack,
            )
            for _ in range(engines)
        ]
        self._threads = ThreadPoolExecutor(
            engines,
            thread_name_prefix="engine",
            initializer=torch.set_num_threads,
            initargs=(max(1, torch.get_num_threads() // engines),),
        )
        self._sweeps: dict[Future[Finished], int] = {}  # under way, and whose
        self._inbox: list[list[_Submission]] = [[] for _ in range(engines)]
        self._numbers: list[dict[int, int]] = [{} for _ in range(engines)]  # an engine's → ours
        self._homes: dict[str, int] = {}  # prompt → engine
        self._load = Counter({index: 0 for index in range(engines)})  # jobs in flight
        self._issued = 0

    @property
    def pending(self) -> int:
        return self._load.total()

    @property
    def meters(self) -> list[Meter]:
        """What each engine has computed, and in which time."""
        return [engine.meter for engine in self._engines]

    def submit(
        self,
        job: Job,
        *,
        max_new_tokens: int,
        stop: StopRule | None = None,
        temperature: float = 0.0,
    ) -> int:
        self._issued += 1
        idlest = min(self._load, key=lambda index: self._load[index])
        home = self._homes.setdefault(job.prompt, idlest)
        self._load[home] += 1
        self._inbox[home].append((self._issued, job, max_new_tokens, stop, temperature))
        return self._issued

    def step(self) -> Finished:
        """Let every engine that stands start a sweep; return what the first to end one finished."""
        for index in set(self._load) - set(self._sweeps.values()):
            self._start_sweep(index)
        if not self._sweeps:
            return []
        finished: Finished = []
        for sweep in wait(self._sweeps, return_when=FIRST_COMPLETED).done:
            index = self._sweeps.pop(sweep)
            done = sweep.result()
            self._load[index] -= len(done)
            finished += [(self._numbers[index].pop(ticket), text) for ticket, text in done]
        return finished

    def _start_sweep(self, index: int) -> None:
        """Hand over what has come in (an engine takes nothing while it sweeps) and go."""
        engine = self._engines[index]
        for number, job, max_new_tokens, stop, temperature in self._inbox[index]:
            ticket = engine.submit(
                job, max_new_tokens=max_new_tokens, stop=stop, temperature=temperature
            )
            self._numbers[index][ticket] = number
        self._inbox[index] = []
        if engine.pending:
            self._sweeps[self._threads.submit(engine.step)] = index


_Submission = tuple[int, Job, int, StopRule | None, float]
