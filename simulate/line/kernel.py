"""One replication of a line, compiled. What it does, and why, is told by `simulate.line.reference`, which it equals event by event.

All that happens at one instant is taken in (phases of machines that end, the arrival) before anything is concluded from it
(`settle`: from the last stage to the first, machines begin, and pieces that were held move on).
"""

from __future__ import annotations

import math

import numpy as np

from simulate.compiled import compiled
from simulate.engines.arrays import Floats, Ints
from simulate.heap import drop_first, push
from simulate.line import arrays as columns_of
from simulate.line.arrays import LineArrays
from simulate.line.calendar import clock_time
from simulate.line.events import What
from simulate.line.model import MACHINE, VISITS, Stream
from simulate.randomness import draw, uniform

IDLE, SETUP, RUNNING, FAILING, REPAIRING, HOLDING, HELD_NOW = range(7)

_ARRIVAL, _TIME, _OUTCOME, _SETUP, _FAILURE, _REPAIR = (int(stream) for stream in Stream)
_ARRIVED, _TURNED_AWAY, _SETUP_STARTED, _STARTED, _FAILED, _REPAIRED = (int(What(at)) for at in range(6))
_PROCESSED, _BLOCKED, _MOVED_ON, _SENT_BACK, _SCRAPPED, _COMPLETED = (int(What(at)) for at in range(6, 12))

C_WIP, C_OPERATORS, C_ARRIVED, C_TURNED = (
    columns_of.WIP,
    columns_of.BUSY_OPERATORS,
    columns_of.ARRIVED,
    columns_of.TURNED_AWAY,
)
C_STAFF = columns_of.OPERATOR_TIME
C_COMPLETED, C_SCRAPPED, C_LEAD = columns_of.COMPLETED, columns_of.SCRAPPED, columns_of.LEAD_TIME
FIXED, WIDTH = columns_of.FIXED, columns_of.OF_A_STAGE
QUEUE, WORKING, SETTING_UP, DOWN, BLOCKED = range(5)
PROCESSED, SENT_BACK, LOST, WAITED, STARTED, STAFFED = range(5, 11)


@compiled()
def arrivals(line: LineArrays, seed: int) -> Floats:
    """When pieces arrive before the horizon. Raises nothing: `check` bounded how many."""
    horizon = line.edges[-1]
    found = np.empty(64)
    count = 0
    time = worked = 0.0
    while True:
        gap = draw(
            line.arrival_family,
            line.arrival_law[0],
            line.arrival_law[1],
            line.table,
            seed,
            line.arrivals_key,
            _ARRIVAL,
            count,
        )
        if len(line.open_begin) > 0:
            worked += gap
            gap = clock_time(worked, line.open_begin, line.open_end) - time
        time += gap
        if time >= horizon:
            return found[:count]
        if count == len(found):
            larger = np.empty(2 * count)
            larger[:count] = found
            found = larger
        found[count] = time
        count += 1


@compiled()
def _of_stage(line: LineArrays, seed: int, stage: int, law: int, stream: int, index: int) -> float:
    """A draw of a law of a stage."""
    drawn: float = draw(
        line.family[stage, law],
        line.law[stage, 2 * law],
        line.law[stage, 2 * law + 1],
        line.table,
        seed,
        line.key[stage],
        stream,
        index,
    )
    return drawn


@compiled()
def _enter(queue: Ints, head: Ints, tail: Ints, entered: Floats, stage: int, piece: int, now: float) -> None:
    """Into the queue of a stage: of those that enter at the same time, the one that arrived first is first."""
    entered[piece] = now
    place = tail[stage]
    while place >= 0 and entered[place] == now and place > piece:
        place = queue[1, place]
    following = head[stage] if place < 0 else queue[0, place]
    queue[0, piece], queue[1, piece] = following, place
    if place < 0:
        head[stage] = piece
    else:
        queue[0, place] = piece
    if following < 0:
        tail[stage] = piece
    else:
        queue[1, following] = piece


@compiled()
def play(
    line: LineArrays, seed: int, coming: Floats, series: Floats, lead_times: Floats, log_times: Floats, log: Ints
) -> int:
    """Play until the horizon; the number of events. `series` (bucket x column) gets what is added up.

    `lead_times` (by piece) gets what completed pieces took. Events are recorded as far as the log has room (machine, what, piece).
    """
    stages, machines, pieces = len(line.key), len(line.stage_of), len(coming)
    horizon, edges = line.edges[-1], line.edges
    queue = np.full((2, pieces), -1, dtype=np.int64)  # who follows, who comes before
    head, tail = np.full(stages, -1, dtype=np.int64), np.full(stages, -1, dtype=np.int64)
    entered = np.empty(pieces)
    visits = np.zeros((pieces, stages), dtype=np.int64)
    reworks = np.zeros(pieces, dtype=np.int64)
    phase = np.zeros(machines, dtype=np.int64)
    held = np.full(machines, -1, dtype=np.int64)
    rest, life, since = np.zeros(machines), np.full(machines, math.inf), np.zeros(machines)
    failures, setups, since_setup = (
        np.zeros(machines, dtype=np.int64),
        np.zeros(machines, dtype=np.int64),
        np.zeros(machines, dtype=np.int64),
    )
    level = np.zeros(FIXED + WIDTH * stages)  # what areas grow by
    heap_time, heap_who = np.empty(machines + 3), np.empty(machines + 3, dtype=np.int64)
    size, events = 0, 0
    for machine in range(machines):
        stage = line.stage_of[machine]
        if line.family[stage, 2] >= 0:
            life[machine] = _of_stage(line, seed, stage, 2, _FAILURE, MACHINE * (machine - line.first[stage]))
    free, following, last, bucket = line.operators, 0, 0.0, 0
    is_open, present, changes, changed = line.is_open.copy(), line.operators, len(line.change_time), 0
    level[C_STAFF] = present
    for stage in range(stages):
        level[FIXED + WIDTH * stage + STAFFED] = is_open[stage] * (line.first[stage + 1] - line.first[stage])
    if changes > 0:
        push(heap_time, heap_who, size, line.change_time[0], machines + 1)
        size += 1
    if pieces > 0:
        push(heap_time, heap_who, size, coming[0], machines)
        size += 1
    rows = len(log_times)
    while size > 0 and heap_time[0] < horizon:
        now = heap_time[0]
        while edges[bucket + 1] <= now:
            for at in range(len(level)):
                series[bucket, at] += level[at] * (edges[bucket + 1] - last)
            last = edges[bucket + 1]
            bucket += 1
        for at in range(len(level)):
            series[bucket, at] += level[at] * (now - last)
        last = now
        pending = -1
        while size > 0 and heap_time[0] == now:  # take in
            machine = heap_who[0]
            drop_first(heap_time, heap_who, size)
            size -= 1
            if machine == machines + 1:
                of, value = line.change[changed, 0], line.change[changed, 1]
                if of < 0:
                    free += value - present
                    present = value
                else:
                    is_open[of] = value
                changed += 1
                if changed < changes:
                    push(heap_time, heap_who, size, line.change_time[changed], machines + 1)
                    size += 1
                continue
            if machine == machines:
                pending = following
                following += 1
                series[bucket, C_ARRIVED] += 1.0
                if events < rows:
                    log_times[events], log[events, 0], log[events, 1], log[events, 2] = now, -1, _ARRIVED, pending
                events += 1
                if following < pieces:
                    push(heap_time, heap_who, size, coming[following], machines)
                    size += 1
                continue
            stage, piece, base = line.stage_of[machine], held[machine], FIXED + WIDTH * line.stage_of[machine]
            number = MACHINE * (machine - line.first[stage])
            if phase[machine] == SETUP:
                level[base + SETTING_UP] -= 1.0
                level[base + WORKING] += 1.0
                rest[machine] = _of_stage(line, seed, stage, 0, _TIME, piece * VISITS + visits[piece, stage])
                visits[piece, stage] += 1
                what = _STARTED
            elif phase[machine] == REPAIRING:
                level[base + DOWN] -= 1.0
                level[base + WORKING] += 1.0
                failures[machine] += 1
                life[machine] = _of_stage(line, seed, stage, 2, _FAILURE, number + failures[machine])
                what = _REPAIRED
            elif phase[machine] == FAILING:
                level[base + WORKING] -= 1.0
                level[base + DOWN] += 1.0
                rest[machine] -= life[machine]
                what = _FAILED
            else:
                level[base + WORKING] -= 1.0
                level[C_OPERATORS] -= line.need[stage]
                life[machine] -= rest[machine]
                free += line.need[stage]
                series[bucket, base + PROCESSED] += 1.0
                what = _PROCESSED
            if events < rows:
                log_times[events], log[events, 0], log[events, 1], log[events, 2] = now, machine, what, piece
            events += 1
            if what == _FAILED:
                phase[machine] = REPAIRING
                push(
                    heap_time,
                    heap_who,
                    size,
                    now + _of_stage(line, seed, stage, 3, _REPAIR, number + failures[machine]),
                    machine,
                )
                size += 1
            elif what != _PROCESSED:
                fails = life[machine] < rest[machine]
                phase[machine] = FAILING if fails else RUNNING
                push(heap_time, heap_who, size, now + (life[machine] if fails else rest[machine]), machine)
                size += 1
            else:
                chance = uniform(seed, line.key[stage], _OUTCOME, piece * VISITS + visits[piece, stage] - 1)
                is_reworked = line.scrap[stage] <= chance < line.scrap[stage] + line.rework[stage]
                if chance < line.scrap[stage] or (is_reworked and reworks[piece] >= line.most_reworks):
                    series[bucket, C_SCRAPPED] += 1.0
                    series[bucket, base + LOST] += 1.0
                    level[C_WIP] -= 1.0
                    outcome = _SCRAPPED
                elif is_reworked:
                    reworks[piece] += 1
                    series[bucket, base + SENT_BACK] += 1.0
                    _enter(queue, head, tail, entered, line.rework_to[stage], piece, now)
                    level[FIXED + WIDTH * line.rework_to[stage] + QUEUE] += 1.0
                    outcome = _SENT_BACK
                elif stage == stages - 1:
                    series[bucket, C_COMPLETED] += 1.0
                    series[bucket, C_LEAD] += now - coming[piece]
                    lead_times[piece] = now - coming[piece]
                    level[C_WIP] -= 1.0
                    outcome = _COMPLETED
                else:
                    phase[machine], since[machine] = HELD_NOW, now
                    level[base + BLOCKED] += 1.0
                    continue
                phase[machine], held[machine] = IDLE, -1
                if events < rows:
                    log_times[events], log[events, 0], log[events, 1], log[events, 2] = now, machine, outcome, piece
                events += 1
        for stage in range(stages - 1, -1, -1):  # settle
            base = FIXED + WIDTH * stage
            need, first, end = line.need[stage], line.first[stage], line.first[stage + 1]
            while True:
                machine = first
                while head[stage] >= 0 and is_open[stage] and (need == 0 or free >= need):
                    while machine < end and phase[machine] != IDLE:
                        machine += 1
                    if machine == end:
                        break
                    piece = head[stage]
                    head[stage] = queue[0, piece]
                    if head[stage] < 0:
                        tail[stage] = -1
                    else:
                        queue[1, head[stage]] = -1
                    level[base + QUEUE] -= 1.0
                    series[bucket, base + WAITED] += now - entered[piece]
                    series[bucket, base + STARTED] += 1.0
                    held[machine] = piece
                    free -= need
                    level[C_OPERATORS] += need
                    if line.setup_every[stage] > 0 and since_setup[machine] >= line.setup_every[stage]:
                        level[base + SETTING_UP] += 1.0
                        phase[machine] = SETUP
                        number = MACHINE * (machine - first) + setups[machine]
                        ends = now + _of_stage(line, seed, stage, 1, _SETUP, number)
                        setups[machine] += 1
                        since_setup[machine] = 0
                        what = _SETUP_STARTED
                    else:
                        level[base + WORKING] += 1.0
                        rest[machine] = _of_stage(line, seed, stage, 0, _TIME, piece * VISITS + visits[piece, stage])
                        visits[piece, stage] += 1
                        fails = life[machine] < rest[machine]
                        phase[machine] = FAILING if fails else RUNNING
                        ends = now + (life[machine] if fails else rest[machine])
                        what = _STARTED
                    since_setup[machine] += 1
                    push(heap_time, heap_who, size, ends, machine)
                    size += 1
                    if events < rows:
                        log_times[events], log[events, 0], log[events, 1], log[events, 2] = now, machine, what, piece
                    events += 1
                if level[base + QUEUE] >= line.buffer[stage]:
                    break
                if stage == 0:
                    if pending < 0:
                        break
                    _enter(queue, head, tail, entered, 0, pending, now)
                    level[base + QUEUE] += 1.0
                    level[C_WIP] += 1.0
                    pending = -1
                    continue
                best = -1  # who has held longest moves on first
                for other in range(line.first[stage - 1], first):
                    if phase[other] >= HOLDING and (
                        best < 0
                        or since[other] < since[best]
                        or (since[other] == since[best] and held[other] < held[best])
                    ):
                        best = other
                if best < 0:
                    break
                piece = held[best]
                _enter(queue, head, tail, entered, stage, piece, now)
                level[base + QUEUE] += 1.0
                level[base - WIDTH + BLOCKED] -= 1.0
                phase[best], held[best] = IDLE, -1
                if events < rows:
                    log_times[events], log[events, 0], log[events, 1], log[events, 2] = now, best, _MOVED_ON, piece
                events += 1
        if changes > 0:
            level[C_STAFF] = max(float(present), level[C_OPERATORS])
            for stage in range(stages):
                base = FIXED + WIDTH * stage
                level[base + STAFFED] = (
                    line.first[stage + 1] - line.first[stage]
                    if is_open[stage]
                    else level[base + WORKING] + level[base + SETTING_UP] + level[base + DOWN]
                )
        if pending >= 0:
            series[bucket, C_TURNED] += 1.0
            if events < rows:
                log_times[events], log[events, 0], log[events, 1], log[events, 2] = now, -1, _TURNED_AWAY, pending
            events += 1
        for machine in range(machines):
            if phase[machine] == HELD_NOW:
                phase[machine] = HOLDING
                if events < rows:
                    log_times[events], log[events, 0], log[events, 1], log[events, 2] = (
                        now,
                        machine,
                        _BLOCKED,
                        held[machine],
                    )
                events += 1
    while bucket < len(edges) - 1:
        for at in range(len(level)):
            series[bucket, at] += level[at] * (edges[bucket + 1] - last)
        last = edges[bucket + 1]
        bucket += 1
    return events
