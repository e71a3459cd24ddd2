"""Graphs of other moments than the present: a small one in memory, a large one as a store on disk that is kept for the
next question.

A large store is a copy of the nearest one there is (the present one, or one that was kept), carried over by what differs
between the two moments, forwards or backwards; far from all of them it is filled from a checkpoint.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from core.collector import rare_collections
from core.failpoints import reach
from graph.backends.embedded.draft import DraftRepository, remove_store
from graph.backends.embedded.repository import EmbeddedRepository
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.prepare import prepare
from graph.history.branches import Branches
from graph.history.checkpoints import Checkpoints
from graph.history.columns import GraphColumns
from graph.history.difference import Changes, Form, changes_between, delta_of, fold
from graph.history.ledger import Ledger
from graph.history.moment import Moment
from graph.history.ownership import Ownership, rules_of, taker_and_source
from graph.history.perimeters import derive, stored
from graph.history.places import home_of, mark_of
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation, PerimeterChange
from graph.registry import BackendOptions
from graph.repository import GraphRepository, ReadContext
from graph.schema.model import PerimeterRule, Schema

FOLDER: Final = "moments"
SMALL: Final = 30_000
"""Events up to which a moment is held in memory: it is there in half a second."""

NEAR: Final = 30_000
"""Events between two moments up to which one is made from the other; further away, columns are faster.

An event that is carried over costs as much as ten elements that are filled in.
"""

HELD: Final = 600_000
"""Elements up to which a filled store is asked before it is written out: until then they are in its buffer pool."""

KEPT: Final = 4
"""Stores that stay on disk, the last used ones."""

_NAME: Final = re.compile(r"(\d+)-([0-9a-f]{8})(?:\+([0-9a-f-]{36})\.(\d+))?\.lbug")
_ALL: Final = 2**62


@dataclass(frozen=True, slots=True)
class _Near:
    """A store that another moment can be made from. `path` is None for the live one."""

    moment: Moment
    path: Path | None
    distance: int


class MomentStores:
    """Opens the graphs of moments of one ledger. `live` is the store of the present, where it is an embedded one."""

    def __init__(
        self,
        ledger: Ledger,
        schema: Schema,
        branches: Branches,
        checkpoints: Checkpoints,
        folder: Path,
        *,
        live: GraphRepository | None = None,
        options: BackendOptions | None = None,
        small: int = SMALL,
        near: int = NEAR,
        kept: int = KEPT,
    ) -> None:
        self._ledger = ledger
        self._schema = schema
        self._branches = branches
        self._checkpoints = checkpoints
        self._folder = home_of(folder / FOLDER, ledger, schema)
        self._live = live if isinstance(live, EmbeddedRepository) else None
        self._options = options or BackendOptions()
        self._small = small
        self._near = near
        self._kept = kept

    def open(self, moment: Moment) -> GraphRepository:
        """The graph of a moment, for reading; who asks closes it."""
        if moment.sequence + moment.version <= self._small:
            return self._in_memory(moment)
        path = self._folder / self._name(moment)
        if not path.exists() and (made := self._make(moment, path, late=True)) is not None:
            return made
        os.utime(path)
        self._forget_oldest(path)
        return EmbeddedRepository(path, self._schema, replace(self._options, read_only=True))

    # --- making ----------------------------------------------------------------------------------------------------

    def _in_memory(self, moment: Moment) -> NetworkXRepository:
        repository = NetworkXRepository(self._schema)
        columns = self._checkpoints.columns(moment.sequence)
        repository.apply(_creation(columns, self._perimeters(columns)))
        if moment.version:
            self._carry(
                repository, changes_between(self._ledger, self._branches, Moment(moment.sequence), moment), moment
            )
        return repository

    def _make(self, moment: Moment, path: Path, *, late: bool = False) -> GraphRepository | None:
        """Make the store of a moment: complete under its name, or not at all.

        `late`: it may be given back open, to be asked before it is written out; it is under its name once it is closed.
        """
        with rare_collections():
            return self._made(moment, path, late=late)

    def _made(self, moment: Moment, path: Path, *, late: bool) -> GraphRepository | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        near = self._nearest(moment)
        if near is not None and near.distance <= self._near:
            self._from_near(near, moment, path)
        elif moment.version:  # far from all: the base first, then what the branch made of it
            base = self._folder / self._name(Moment(moment.sequence))
            self._make(Moment(moment.sequence), base)
            self._from_near(_Near(Moment(moment.sequence), base, moment.version), moment, path)
        else:
            return self._filled(moment, path, late=late)
        return None

    def _filled(self, moment: Moment, path: Path, *, late: bool) -> GraphRepository | None:
        """Fill a store from the nearest checkpoint; given back open where it is `late`, and not too large to be held."""
        columns = self._checkpoints.columns(moment.sequence)
        late = late and columns.elements <= HELD
        draft = DraftRepository(path, self._schema, replace(self._options, checkpoint_late=late), self._forget_oldest)
        try:
            draft.fill(columns, self._perimeters(columns), max(moment.sequence, 1))
        except BaseException:
            draft.give_up()
            raise
        if late:
            return draft
        draft.close()
        return None

    def _from_near(self, near: _Near, moment: Moment, path: Path) -> None:
        draft = self._folder / f".{uuid4().hex}.lbug"
        try:
            with self._copied(near, draft) as (repository, start):
                self._carry(repository, changes_between(self._ledger, self._branches, start, moment), moment)
            reach("moment.made")
            draft.replace(path)
        finally:
            remove_store(draft)

    @contextmanager
    def _copied(self, near: _Near, draft: Path) -> Iterator[tuple[EmbeddedRepository, Moment]]:
        """A copy of a store at `draft`, open for writing, with the moment that it holds; its log is empty when it ends."""
        start = near.moment
        if near.path is not None:
            shutil.copyfile(near.path, draft)
        else:
            assert self._live is not None
            start = Moment(self._live.copy_to(draft))
        repository = EmbeddedRepository(draft, self._schema, self._options)
        try:
            yield repository, start
            repository.write_out()
        finally:
            repository.close()

    def _carry(self, repository: GraphRepository, changes: Changes, moment: Moment) -> None:
        """Make changes on a graph, and see to it that who may see its nodes is what its relations then say."""
        if not changes:
            return
        own = fold(i.event for i in self._branches.events(moment.branch, 1, moment.version)) if moment.branch else {}
        forms: dict[str, Form | None] = {element: change.after for element, change in own.items()}
        place = repository.watermark() + 1
        delta = delta_of(changes, place, self._ledger, forms, moment.sequence)
        nodes = [
            c._replace(perimeters=stored(c.kind, frozenset(), self._schema))
            if c.operation in (Operation.CREATE, Operation.RECLASSIFY)
            else c
            for c in delta.nodes
        ]
        repository.apply(replace(delta, nodes=nodes))
        if self._concerns_perimeters(changes):
            found = perimeter_changes(repository, self._schema)
            repository.apply(GraphDelta(place + 1, place + 1, perimeters=found))

    def _concerns_perimeters(self, changes: Changes) -> bool:
        """Whether any change may say that other nodes are seen by others: relations that give perimeters, their names."""
        rules = rules_of(self._schema)
        names = rules.relations.keys() | rules.kinds
        for change in changes.values():
            if change.operation is Operation.RECLASSIFY:
                return True
            renamed = change.operation is not Operation.UPDATE or (
                not change.form.edge and "name" in change.attributes()
            )
            if change.form.kind in names and renamed:
                return True
        return False

    def _perimeters(self, columns: GraphColumns) -> dict[str, tuple[str, ...]]:
        """Who may see each node of a graph in columns; nodes that only the unrestricted see are absent."""
        rules = rules_of(self._schema)
        found = derive(columns.ownerships(rules), columns.perimeter_names(rules))
        told = {names: tuple(sorted(names)) for names in set(found.values())}
        seen = {node: told[names] for node, names in found.items() if names}
        for kind in self._schema.public_kinds & columns.nodes.keys():
            seen.update(dict.fromkeys(columns.nodes[kind]["id"].to_pylist(), stored(kind, frozenset(), self._schema)))
        return seen

    # --- what is there ---------------------------------------------------------------------------------------------

    def _name(self, moment: Moment) -> str:
        name = f"{moment.sequence}-{mark_of(self._ledger, moment.sequence)}"
        return f"{name}+{moment.branch}.{moment.version}.lbug" if moment.version else f"{name}.lbug"

    def _nearest(self, moment: Moment) -> _Near | None:
        """The nearest store that the moment can be made from; none over a migration, which gave other names to what is in it."""
        migrated = self._ledger.migrated_to()
        if moment.sequence < migrated:
            return None
        found = [
            _Near(start, path, _distance(start, moment))
            for path in self._folder.glob("*.lbug")
            if (start := self._moment_of(path)) is not None and start.sequence >= migrated
        ]
        if self._live is not None:
            live = Moment(self._live.watermark())
            if live.sequence >= migrated:
                found.append(_Near(live, None, _distance(live, moment)))
        return min(found, key=lambda near: near.distance, default=None)

    def _moment_of(self, path: Path) -> Moment | None:
        """The moment that a kept store holds; None for one of another line of events, or one that is not complete."""
        parts = _NAME.fullmatch(path.name)
        if parts is None or path.with_name(path.name + ".wal").exists():
            return None
        sequence = int(parts[1])
        if sequence > self._ledger.sequence() or mark_of(self._ledger, sequence) != parts[2]:
            return None
        return Moment(sequence, parts[3] or "", int(parts[4] or 0))

    def _forget_oldest(self, used: Path) -> None:
        """Keep the stores that were used last. One that somebody still reads stays readable for them."""
        named = (path for path in self._folder.glob("*.lbug") if not path.name.startswith("."))
        for path in sorted(named, key=_used_at, reverse=True)[self._kept :]:
            if path != used:
                remove_store(path)


def perimeter_changes(repository: GraphRepository, schema: Schema) -> list[PerimeterChange]:
    """The nodes of a graph whose perimeters are not what its relations say, with what they should be."""
    rules = rules_of(schema)
    ownerships = [
        Ownership(*taker_and_source(rules.relations[type_], start, end), rules.relations[type_] is PerimeterRule.GIVEN)
        for type_, start, end in _ends(repository, rules.relations)
    ]
    names: dict[str, str] = {}
    for kind in sorted(rules.kinds):
        for node, name in _rows(repository, f"MATCH (p:{kind}) RETURN p.id, p.name"):
            ownerships.append(Ownership(node, node, given=True))
            if name is not None:
                names[node] = name
    found = derive(ownerships, names)
    nobody = frozenset[str]()
    told = {of: tuple(sorted(of)) for of in {nobody, *found.values()}}
    wrong = [
        PerimeterChange(node, kind, wanted)
        for node, kind, held in _held(repository)
        if held != _PUBLIC and held != (wanted := told[found.get(node, nobody)])
    ]
    return sorted(wrong, key=lambda change: change.id)


_PUBLIC: Final = ("*",)


def _held(repository: GraphRepository) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each node's id and kind, and who may see it."""
    if isinstance(repository, EmbeddedRepository):
        yield from repository.held_perimeters()
    else:
        yield from ((node.id, node.kind, node.perimeters) for node in repository.nodes())


def _ends(repository: GraphRepository, types: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """The ends of every relation of some types."""
    if isinstance(repository, EmbeddedRepository):
        for type_ in types:
            yield from ((type_, start, end) for start, end in repository.relation_ends(type_))
    else:
        wanted = frozenset(types)
        yield from ((edge.type, edge.start, edge.end) for edge in repository.edges() if edge.type in wanted)


def _rows(repository: GraphRepository, text: str) -> list[tuple[str, str]]:
    context = ReadContext(datetime(1970, 1, 1, tzinfo=UTC), timeout_s=600.0, row_cap=_ALL, memory_bytes=_ALL)
    answer = repository.run(prepare(text, repository.schema), {}, context)
    return [(row[0], row[1]) for row in answer.rows]


def _creation(columns: GraphColumns, perimeters: Mapping[str, tuple[str, ...]]) -> GraphDelta:
    """The delta that makes a graph of columns."""
    nodes = [
        NodeChange(Operation.CREATE, node, kind, values, perimeters=perimeters.get(node, ()))
        for kind, table in columns.nodes.items()
        for node, _, _, values in columns.rows(table)
    ]
    edges = [
        EdgeChange(Operation.CREATE, edge, type_, start, end, values)
        for type_, table in columns.edges.items()
        for edge, start, end, values in columns.rows(table)
    ]
    return GraphDelta(1, 1, nodes, edges)


def _distance(one: Moment, other: Moment) -> int:
    """How many events lie between two moments."""
    if one.branch and one.branch == other.branch:
        return abs(one.version - other.version)
    return abs(one.sequence - other.sequence) + one.version + other.version


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
