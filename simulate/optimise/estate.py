"""Investments in an IT estate: what a scenario loses on the twin, played by the kernels, with common random numbers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from graph.model import Edge, Node
from graph.schema.model import Schema
from simulate.builder.build import build
from simulate.builder.scenario import Scenario, as_scenario
from simulate.engines.arrays import compile_model
from simulate.engines.monte_carlo import Player
from simulate.engines.room import Room
from simulate.model.check import expected_events
from simulate.model.items import Model
from simulate.optimise.choices import Configuration
from simulate.optimise.errors import InvestmentError
from simulate.optimise.objective import Floats
from simulate.optimise.parameters import altered
from simulate.optimise.plan import Plan

HOURS_DOWN: Final = "hours_down"
OUTAGES: Final = "outages"
OBJECTIVES: Final = (HOURS_DOWN, OUTAGES)
"""Of all that is watched together, by weight: less is better."""

STEP: Final = 10
"""Replications at a time: a configuration is compiled for them, or found among those that are."""

ITEMS_KEPT: Final = 5_000_000
"""Items of compiled models that are kept, by all processes together: about 1.5 GB at most."""


@dataclass
class EstateObjective:
    """What a scenario on an estate loses in a configuration; `content` is the scenario as it was written."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    schema: Schema
    plan: Plan
    content: Mapping[str, Any]
    shown: str
    outages: bool = False
    items_kept: int = ITEMS_KEPT
    _players: OrderedDict[Configuration, tuple[Player, Floats]] = field(default_factory=OrderedDict)
    _events: float = 0.0
    _items: int = 1

    def __post_init__(self) -> None:
        base = self.model((0,) * len(self.plan.investments))
        self._events, self._items = expected_events(base), max(1, len(base.items))
        names = {base.items[at].name for at in base.watched} | {base.items[at].id for at in base.watched}
        for name in self.plan.weights:
            if name not in names:
                raise InvestmentError("it is not watched", where=f"weights.{name}", hint="the name of what is watched")

    @property
    def events(self) -> float:
        return self._events

    @property
    def hours(self) -> float:
        """How long one replication lasts."""
        return self.scenario((0,) * len(self.plan.investments)).duration

    def scenario(self, configuration: Configuration) -> Scenario:
        """The scenario after purchases. Raises InvestmentError, ScenarioError."""
        bought = list(zip(self.plan.investments.values(), configuration, strict=True))
        content = altered(self.content, [(one.parameters, many) for one, many in bought])
        changes = [change for one, many in bought for _ in range(many) for change in one.changes]
        if changes:
            content["changes"] = [*(content.get("changes") or ()), *changes]
        return as_scenario(content, self.shown)

    def model(self, configuration: Configuration) -> Model:
        """What is played. Raises what `build` raises."""
        return build(self.nodes, self.edges, self.schema, self.scenario(configuration))

    def values(self, configuration: Configuration, begin: int, count: int) -> Floats:
        player, weights = self._player(configuration)
        block = player.play(begin, count)
        counted = block.interruptions.astype(float) if self.outages else block.downtime
        return np.asarray(counted @ weights)

    def _player(self, configuration: Configuration) -> tuple[Player, Floats]:
        found = self._players.get(configuration)
        if found is None:
            model = self.model(configuration)
            watched = [model.items[at] for at in model.watched]
            of = self.plan.weights
            weights = np.array([of.get(item.name, of.get(item.id, 1.0)) for item in watched])
            found = (Player(compile_model(model), self.plan.seed, Room.for_model(model)), weights)
            self._players[configuration] = found
            while len(self._players) > max(4, self.items_kept // self._items):
                self._players.popitem(last=False)
        self._players.move_to_end(configuration)
        return found
