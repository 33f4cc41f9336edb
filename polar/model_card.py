"""The model card that a predictor is saved and uploaded with."""

import re

TEMPLATE = """\
---
{{ card_data }}
---

# PoLar predictor{{ " for " + config.model if config.model else "" }}

Reads a question and predicts a program of layers for a frozen LLM of {{ config.depth }} layers:
which of them to skip, to keep or to repeat. The LLM is not part of these files, nor is the frozen
question encoder{{ " " + config.encoder if config.encoder else "" }}, whose token features \
({{ config.encoder_dim }} wide) it reads.

```python
from polar.model import PolarPredictor

predictor = PolarPredictor.from_pretrained("this repository or folder", depth={{ config.depth }})
```

{% if metrics %}| measured in training | |
|---|---|
{% for name in metrics %}| {{ name | replace("_", " ") }} | {{ "%.6g" | format(metrics[name]) }} |
{% endfor %}{% else %}No metrics are stored with these weights.
{% endif %}
Method: [Skip a Layer or Loop It? Learning Program-of-Layers in LLMs]({{ paper_url }}).
"""


def is_hub_id(model: str) -> bool:
    """Whether a model's name is one that the hub would know: owner/name.

    >>> is_hub_id("Qwen/Qwen3-8B"), is_hub_id("smollm2-135m"), is_hub_id("/models/mine")
    (True, False, False)
    """
    return re.fullmatch(r"[\w.-]+/[\w.-]+", model) is not None
