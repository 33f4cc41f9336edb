"""One pass over batches, the same code for training and validation."""

from collections.abc import Iterable

import torch

from polar.batches import Batch
from polar.loss import Loss, LossSums, loss_sums, mean_loss, total_loss
from polar.model import PolarPredictor
from polar.processes import Processes
from polar.train_config import TrainConfig
from polar.update import Updater


def run_epoch(
    predictor: PolarPredictor,
    batches: Iterable[Batch],
    config: TrainConfig,
    processes: Processes,
    updater: Updater | None = None,
) -> Loss:
    """The mean loss over all batches of all processes; trains where there is an updater.

    Steps that the guard skipped stay out of the mean.
    """
    predictor.train(updater is not None)
    device = predictor.layer_queries.device
    totals = torch.zeros(len(LossSums._fields), device=device)
    with torch.set_grad_enabled(updater is not None):
        for batch in batches:
            sums = _batch_sums(predictor, batch, config)
            loss = total_loss(
                sums, config.anti_original_lambda, weight=batch.weight, unsolved=batch.unsolved
            )
            if updater is None or updater.apply(loss):
                totals += torch.stack(sums).detach()
    return mean_loss(LossSums(*processes.add_up(totals)), config.anti_original_lambda)


def _batch_sums(predictor: PolarPredictor, batch: Batch, config: TrainConfig) -> LossSums:
    if len(batch.features) == 0:  # more processes than rows in the last batch
        return LossSums(*torch.zeros(len(LossSums._fields), device=batch.features.device))
    with torch.autocast(batch.features.device.type, torch.bfloat16, enabled=config.use_amp):
        logits = predictor(batch.features, batch.mask)
    return loss_sums(logits, batch.targets)
