"""Whether a model is what the engine takes it for: embedding, layers, norm, head, no more."""

import torch
from transformers import PreTrainedModel

from llm_depth_router.admission import make_node_store
from llm_depth_router.layer_stack import LayerStack
from llm_depth_router.prefix_trie import ROOT_LAYER, Node
from llm_depth_router.ragged_attention import PackedRows, PrefillRows

PROBE_TOKENS = 6
# Of the largest logit. Rounding alone stays far below; a step left out goes far above.
TOLERANCES = {torch.float32: 1e-3, torch.bfloat16: 0.2, torch.float16: 0.05}


@torch.inference_mode()
def check_fit(model: PreTrainedModel, stack: LayerStack) -> None:
    """Raise ValueError unless `stack` gives the logits of `model` on a few tokens."""
    ids = torch.arange(1, 1 + PROBE_TOKENS, device=stack.device) % stack.vocabulary
    store = make_node_store(stack, PROBE_TOKENS)
    node = Node(None, ROOT_LAYER, None, tuple(ids.tolist()), store.allocate(PROBE_TOKENS))
    expected = model(ids.unsqueeze(0), use_cache=False).logits[0, -1]
    stack.prepare_positions(PROBE_TOKENS)
    hidden = stack.embed(ids)
    for layer in range(stack.depth):
        part = PrefillRows([node], store, stack.window(layer), stack.device)
        hidden = stack.run(layer, hidden, PackedRows([part]))
    difference = (stack.logits(hidden[-1:])[0] - expected).abs().max()
    if difference > TOLERANCES[stack.dtype] * expected.abs().max():
        raise ValueError(
            f"{type(model).__name__} does not fit the engine: its forward pass does more than "
            "embedding, layers, norm and head. Use SequentialRunner for it"
        )


def check_length(tokens: int, stack: LayerStack) -> None:
    """Raise ValueError for a text so long that its positions turn by other angles."""
    if tokens > stack.longest:
        raise ValueError(
            f"{tokens} tokens exceed the {stack.longest} up to which this model's rotary"
            " embeddings do not depend on the length: shorten the prompt or lower max_new_tokens"
        )
