"""Walking and rewriting trees: children, counting of names, and a transformation that copies only what changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, Final, TypeVar

from graph.cypher import ast
from graph.cypher.ast import (
    CallSubquery,
    MapProjection,
    Tree,
    Variable,
)

T = TypeVar("T", bound=Tree)
_PARTS: dict[type[Tree], tuple[str, ...]] = {}
_BRANCHES: dict[type[Tree], tuple[str, ...]] = {}
_BACKWARDS: dict[type[Tree], tuple[str, ...]] = {}
_TREES: Final = frozenset(
    name for name, value in vars(ast).items() if isinstance(value, type) and issubclass(value, Tree)
)


def parts_of(cls: type[Tree]) -> tuple[str, ...]:
    """The names of a class's fields, without the span."""
    found = _PARTS.get(cls)
    if found is None:
        found = _PARTS[cls] = tuple(part.name for part in fields(cls) if part.name != "span")
    return found


def branches_of(cls: type[Tree]) -> tuple[str, ...]:
    """The names of the fields that may hold trees, by their annotations: sets of kinds and names need no visit."""
    found = _BRANCHES.get(cls)
    if found is None:
        found = _BRANCHES[cls] = tuple(
            part.name
            for part in fields(cls)
            if part.name != "span" and _TREES.intersection(re.findall(r"\w+", str(part.type)))
        )
    return found


def children(tree: Tree) -> Iterator[Tree]:
    """What is directly under a tree, in order."""
    for name in branches_of(type(tree)):
        value = getattr(tree, name)
        if isinstance(value, Tree):
            yield value
        elif value:
            yield from _trees(value)


def _trees(value: Any) -> Iterator[Tree]:
    if isinstance(value, Tree):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _trees(item)


def descend(tree: Tree) -> Iterator[Tree]:
    """The tree and everything under it, parents first; iterative, so that depth costs no frames."""
    pending: list[Any] = [tree]
    while pending:
        item = pending.pop()
        if type(item) is tuple:
            pending.extend(item[::-1])
        elif isinstance(item, Tree):
            yield item
            cls = type(item)
            names = _BACKWARDS.get(cls)
            if names is None:
                names = _BACKWARDS[cls] = branches_of(cls)[::-1]
            for name in names:
                value = getattr(item, name)
                if value:
                    pending.append(value)


def transform(tree: T, visit: Callable[[Tree], Tree | None]) -> T:
    """The tree with parts replaced, parents first. `visit` answers a replacement, which is not entered, or None to go on."""
    replacement = visit(tree)
    if replacement is not None:
        return replacement  # type: ignore[return-value]
    changes: dict[str, Any] = {}
    for name in branches_of(type(tree)):
        value = getattr(tree, name)
        if value and isinstance(value, Tree | tuple):
            new = _transform_value(value, visit)
            if new is not value:
                changes[name] = new
    return _copy(tree, changes) if changes else tree


def _transform_value(value: Any, visit: Callable[[Tree], Tree | None]) -> Any:
    if isinstance(value, Tree):
        return transform(value, visit)
    if isinstance(value, tuple):
        new: list[Any] | None = None
        for position, item in enumerate(value):
            changed = _transform_value(item, visit)
            if changed is not item:
                if new is None:
                    new = list(value)
                new[position] = changed
        return value if new is None else tuple(new)
    return value


def _copy(tree: T, changes: dict[str, Any]) -> T:
    values = {name: changes.get(name, getattr(tree, name)) for name in parts_of(type(tree))}
    return type(tree)(**values, span=tree.span)


def mentions(tree: Tree) -> dict[str, int]:
    """How often each variable is read in a tree (declarations in patterns do not count, patterns' own names neither)."""
    counts: dict[str, int] = {}
    for item in descend(tree):
        names: tuple[str, ...] = ()
        if isinstance(item, Variable):
            names = (item.name,)
        elif isinstance(item, MapProjection):
            names = (item.subject,)
        elif isinstance(item, CallSubquery):
            names = item.imports or ()
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return counts
