"""Many (prompt, path) jobs at once through stock layers, exactly (docs/engine.md)."""

import time

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from llm_depth_router.admission import Admission
from llm_depth_router.decode_pool import ENDED, Admitted, DecodePool, Flight, Ticket
from llm_depth_router.execute import check_path
from llm_depth_router.fit_check import check_fit, check_length
from llm_depth_router.jobs import Completion, Finish, Job
from llm_depth_router.kv_store import KvStore
from llm_depth_router.layer_stack import LayerStack
from llm_depth_router.meter import Meter
from llm_depth_router.prefix_trie import Node, cut_calls, cut_prompt
from llm_depth_router.prompts import StopRule
from llm_depth_router.ragged_attention import DecodeRows, PackedRows, PrefillRows, Rows
from llm_depth_router.runner import Runner, encode_prompt, end_token_ids
from llm_depth_router.sampling import (
    can_close,
    choose_best,
    choose_tokens,
    decode_text,
    draw_uniforms,
)
from llm_depth_router.stop_table import StopTable

GIBIBYTE = 1 << 30
HEAD_ROWS = 256  # rows whose logits exist at a time
GUESSED_TOKENS = 256  # to try in a round over all rows: the fewer rows, the bolder
CROWD_SHARE = 0.05  # of all generating rows: a sweep turns back for that many


class Engine(Runner):
    """Runs jobs in sweeps over the layers; whoever waits for a layer when it comes, rides."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        preamble: str = "",
        cache_bytes: int = 2 * GIBIBYTE,
        prefix_bytes: int = GIBIBYTE,
        prefill_tokens: int = 1024,
        stack: LayerStack | None = None,
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.stack = stack or LayerStack(model, pack=model.device.type == "cpu")
        check_fit(model, self.stack)
        self.admission = Admission(self.stack, cache_bytes, prefix_bytes)
        self.trie = self.admission.trie
        self.prefill_tokens = prefill_tokens
        self.meter = Meter()
        self._preamble_ids = tuple(tokenizer(preamble).input_ids) if preamble else ()
        self._ends = end_token_ids(model)
        self._stops = StopTable(tokenizer, self.stack.vocabulary)
        self._prefilling: list[Admitted] = []
        self._failed: list[tuple[int, Completion]] = []
        self._issued = self._returned = 0

    @property
    def pending(self) -> int:
        return self._issued - self._returned

    @property
    def store(self) -> KvStore:
        """Keys and values of the jobs inside."""
        return self.admission.store

    @property
    def pool(self) -> DecodePool:
        """The rows that generate."""
        return self.admission.pool

    @property
    def meters(self) -> list[Meter]:
        """What was computed, and in which time (a team has one for each engine)."""
        return [self.meter]

    def submit(
        self,
        job: Job,
        *,
        max_new_tokens: int,
        stop: StopRule | None = None,
        temperature: float = 0.0,
    ) -> int:
        self._issued += 1
        try:
            check_path(job.path, self.stack.depth)
            ids = encode_prompt(self.model, self.tokenizer, job.prompt, max_new_tokens)
            check_length(len(ids) + max_new_tokens, self.stack)
        except ValueError as error:
            self._fail(self._issued, str(error))
        else:
            prompt = cut_prompt(tuple(ids), self._preamble_ids)
            ticket = Ticket(self._issued, job, prompt, max_new_tokens, stop, temperature)
            self.admission.queue.append(ticket)
        return self._issued

    def _fail(self, number: int, reason: str) -> None:
        self._failed.append((number, Completion("", (), "error", reason)))

    @torch.inference_mode()
    def step(self) -> list[tuple[int, Completion]]:
        """One sweep over the layers; every job on its way gets on by at least one layer."""
        entered, refused = self.admission.admit()
        self._prefilling += entered
        for number, reason in refused:
            self._fail(number, reason)
        layer = 0
        while layer < self.stack.depth:
            self._run_layer(layer)
            layer = self._next_layer(layer)
        self.meter.sweeps += 1
        self._start_decoding()
        finished = self._choose() + self._failed
        self._failed = []
        self._returned += len(finished)
        return finished

    # One layer of a sweep.

    def _run_layer(self, layer: int) -> None:
        """Take everything that waits for `layer` through it: nodes of prompts, generating rows."""
        nodes = cut_calls(self.trie.take_ready(layer), self.prefill_tokens)
        rows = self.pool.rows_waiting_for(layer)
        if len(rows):
            self._call(layer, nodes[0] if nodes else [], self.pool.flight_of(rows))
        for groups in nodes[1:] if len(rows) else nodes:
            self._call(layer, groups, None)

    def _call(self, layer: int, groups: list[list[Node]], flight: Flight | None) -> None:
        """One call of a layer: nodes, as many tokens as are bounded, and the tokens of a flight."""
        started = time.perf_counter()
        window, device = self.stack.window(layer), self.stack.device
        nodes = [node for group in groups for node in group]
        prompts = self.trie.store
        parts: list[Rows] = [PrefillRows(group, prompts, window, device) for group in groups]
        states = []
        if nodes:
            source, target = self._to_device(_slots_around(nodes))
            states.append(prompts.states_of(source))
        if flight is not None:
            parts.append(self._lay_out(flight, layer))
            places = self._to_device(flight.places)
            states.append(self.pool.states.index_select(0, places))
        output = self.stack.run(layer, torch.cat(states), PackedRows(parts))
        prompt_tokens = len(states[0]) if nodes else 0
        if nodes:
            prompts.put_states(target, output[:prompt_tokens])
        for node in nodes:
            self.trie.finish(node)
        if flight is not None:
            self.pool.states[places] = output[prompt_tokens:]
            self.pool.advance(flight)
        self.meter.count_call(prompt_tokens, len(output), time.perf_counter() - started)

    def _lay_out(self, flight: Flight, layer: int) -> DecodeRows:
        """The rows of a flight with their slots at `layer`."""
        return DecodeRows(
            self.store,
            layer,
            self.pool.slots_of(flight),
            self.pool.positions_of(flight),
            flight.owners,
            flight.offsets,
            self.stack.window(layer),
            self.stack.device,
        )

    def _to_device(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.stack.device, non_blocking=True)

    def _next_layer(self, layer: int) -> int:
        """The next layer up, unless a crowd waits further down: then the lowest such layer."""
        crowds = self.pool.find_crowds(self.stack.depth, CROWD_SHARE)
        return min(int(crowds[0]), layer + 1) if len(crowds) else layer + 1

    # The end of a sweep.

    def _start_decoding(self) -> None:
        """Move the jobs whose prompt is through to a row, with their keys and values."""
        ready = [job for job in self._prefilling if job.node.is_done]
        self._prefilling = [job for job in self._prefilling if not job.node.is_done]
        for job in ready:
            ticket, uniforms = job.ticket, None
            if ticket.temperature > 0:
                uniforms = draw_uniforms(ticket.job.seed, ticket.max_new_tokens).numpy()
            self._fill_slots(job)
            rule = self._stops.index_of(ticket.stop)
            last = self.trie.store.hidden[int(job.node.slots[-1])]
            self.pool.add(job, last, rule, uniforms)
            self.trie.release(job.node)

    def _fill_slots(self, job: Admitted) -> None:
        """Copy the keys and values of the prompt, step by step, from the trie's slots."""
        steps = self._to_device(np.stack([node.all_slots for node in job.node.steps()]))
        kv = self.trie.store.kv_of(steps)  # [2, len(path), H_kv, P, d]
        for layer, slot, step in zip(
            job.ticket.job.path, job.slots.tolist(), kv.unbind(1), strict=True
        ):
            self.store.fill(layer, slot, step)

    def _choose(self) -> list[tuple[int, Completion]]:
        """The next tokens of every row whose path is through; the rows that are done with it."""
        rows = self.pool.rows_waiting_for(ENDED)
        if not len(rows):
            return []
        started = time.perf_counter()
        flight = self.pool.flight_of(rows)
        chosen = self._choose_tokens(flight).cpu().numpy()  # a sweep's only wait for the device
        lengths, limits = self.pool.lengths_of(flight)
        accepted = self.pool.accept(flight, chosen)
        self.pool.commit(flight, accepted, GUESSED_TOKENS // len(self.pool))
        may_close = self._stops.may_close(self.pool.rules[flight.rows[flight.owners]], chosen)
        looked_at = accepted & (np.isin(chosen, self._ends) | may_close | (lengths >= limits))
        finished = self._collect(flight.rows[flight.owners][looked_at], lengths[looked_at])
        going_on = self.pool.flight_of(rows[self.pool.waits_for[rows] >= 0])
        embedded = self.stack.embed(self._to_device(self.pool.inputs_of(going_on)))
        self.pool.states[self._to_device(going_on.places)] = embedded
        self.meter.head_rows += len(chosen)
        self.meter.accepted_tokens += int(accepted.sum())
        self.meter.decode_seconds += time.perf_counter() - started
        return finished

    def _choose_tokens(self, flight: Flight) -> Tensor:  # [S]
        """What the model chooses after every token of the flight."""
        places = self._to_device(flight.places)
        temperatures = self.pool.temperatures_of(flight)
        uniforms = self.pool.uniforms_of(flight)
        chosen = []
        for first in range(0, len(places), HEAD_ROWS):
            part = slice(first, first + HEAD_ROWS)
            logits = self.stack.logits(self.pool.states.index_select(0, places[part]))
            if temperatures[part].any():
                warm = [self._to_device(array[part]) for array in (temperatures, uniforms)]
                chosen.append(choose_tokens(logits, warm[0], warm[1]))
            else:
                chosen.append(choose_best(logits))
        return torch.cat(chosen)

    def _collect(self, rows: np.ndarray, lengths: np.ndarray) -> list[tuple[int, Completion]]:
        """The completions of rows that may be done with their token number `lengths`.

        Only tokens that can end a text come here, so only these are looked at one by one.
        """
        finished = []
        for row, length in zip(rows.tolist(), lengths.tolist(), strict=True):
            job = self.pool.jobs[row]
            if job is None:  # it was done with an earlier token
                continue
            token_ids = self.pool.tokens_of(row, length)
            text = decode_text(self.tokenizer, token_ids)
            finish = self._find_finish(job.ticket, token_ids, text)
            if finish is not None:
                finished.append((job.ticket.number, Completion(text, tuple(token_ids), finish)))
                self.pool.remove(row)
                self.admission.leave(job)
        return finished

    def _find_finish(self, ticket: Ticket, token_ids: list[int], text: str) -> Finish | None:
        if token_ids[-1] in self._ends:
            return "eos"
        stop = ticket.stop
        if stop and can_close(self.tokenizer, stop, token_ids[-1]) and stop.is_complete(text):
            return "stop"
        return "length" if len(token_ids) == ticket.max_new_tokens else None


def _slots_around(nodes: list[Node]) -> np.ndarray:  # [2, S]
    """Where the tokens of `nodes` are taken from, and where they are put."""
    parents = [node.parent.slots for node in nodes if node.parent is not None]
    return np.stack((np.concatenate(parents), np.concatenate([node.slots for node in nodes])))
