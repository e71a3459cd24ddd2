"""Load of a scenario on the items of a graph: queues, and how many servers must be up for them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from pydantic import Field, model_validator

from simulate.builder.words import Hours, Law, Part, Real, Whole
from simulate.load.component import LoadedItem
from simulate.load.queue import Load, servers_needed, squared_variation
from simulate.model.items import OWN_PART, MaintenanceWindow, Model, Requirement

SECONDS: Final = 3600.0
"""Of an hour, the unit of durations elsewhere."""


class Queue(Part):
    """Load of one component. Of a cluster the servers are its members, `servers` each."""

    arrivals: Real = Field(gt=0.0, allow_inf_nan=False, description="Per second, at the busiest hour.")
    service: Law = Field(description="How long one server works on one arrival.")
    servers: Whole = Field(default=1, ge=1, description="Of a cluster: of each of its members.")
    arrival_variation: Real = Field(
        default=1.0,
        ge=0.0,
        allow_inf_nan=False,
        description="Squared coefficient of variation between arrivals; 1 is Poisson.",
    )
    growth: Real | None = Field(default=None, gt=-1.0, description="Per year: 0.2 is 20 %.")
    longest_wait: Hours | None = Field(default=None, description="The mean wait that is still accepted.")


class LoadSection(Part):
    """Load of components as queues."""

    limit: Real = Field(default=1.0, gt=0.0, le=1.0, description="Utilisation from which on a component is overloaded.")
    growth: Real | None = Field(default=None, gt=-1.0, description="Per year, of what tells no growth of its own.")
    overloaded: Literal["down", "told"] = Field(
        default="down", description="Whether an overloaded component serves nobody, or is only told of."
    )
    items: dict[str, Queue] = Field(default_factory=dict, description="By name or identity.")

    @model_validator(mode="after")
    def waits_can_be_kept(self) -> LoadSection:
        for name, queue in self.items.items():
            if queue.longest_wait == 0.0:
                raise ValueError(f"{name}: a wait of nothing is never kept")
        return self


def loaded(
    model: Model, section: LoadSection, ids: Mapping[str, str], times: Mapping[str, float], gone: Collection[int]
) -> tuple[LoadedItem, ...]:
    """The components with their load. `ids` by the names of the section, `times` what changes multiply arrivals by.

    What nothing watched depends on has none, nor has what is `gone` (positions); members that are gone serve nobody.
    """
    found = []
    for word, queue in section.items.items():
        at = _place(model, ids[word])
        if at is None or at in gone:
            continue
        item = model.items[at]
        left = tuple(member for member in _cluster(item.requires).of if member not in gone)
        members = len(left)
        law = queue.service.distribution()
        load = Load(
            queue.arrivals * times.get(ids[word], 1.0),
            law.mean * SECONDS,
            queue.servers * max(1, members),
            queue.arrival_variation,
            squared_variation(law),
        )
        wait = None if queue.longest_wait is None else queue.longest_wait * SECONDS
        growth = section.growth if queue.growth is None else queue.growth
        needed = servers_needed(load, section.limit, wait)
        about = (ids[word], item.name, item.kind, load, members, needed, section.limit, wait, growth)
        found.append(LoadedItem(*about, served_by=left or (at,)))
    return tuple(found)


def carried(model: Model, loads: Sequence[LoadedItem]) -> Model:
    """The model in which a cluster needs as many members as its load takes, and what is always overloaded is down."""
    items = list(model.items)
    for one in loads:
        at = _place(model, one.id)
        assert at is not None
        item = items[at]
        if one.is_overloaded:
            items[at] = replace(item, maintenance=(MaintenanceWindow(0.0, 2.0 * model.horizon),))
        elif one.members:
            cluster = _cluster(item.requires)
            least = max(cluster.needed, math.ceil(one.needed / (one.load.servers // one.members)))
            raised = tuple(replace(group, needed=least) if group is cluster else group for group in item.requires)
            items[at] = replace(item, requires=raised)
    return replace(model, items=tuple(items))


def _place(model: Model, id_: str) -> int | None:
    """Where what serves is: the own part of what fails over."""
    return model.position.get(id_ + OWN_PART, model.position.get(id_))


def _cluster(requires: Sequence[Requirement]) -> Requirement:
    """The group of members that an item has as a cluster; empty where it is none."""
    return max(
        (group for group in requires if len(group.of) > 1), key=lambda group: len(group.of), default=Requirement(0, ())
    )
