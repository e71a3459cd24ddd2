"""One published advisory in the form of OSV (https://ossf.github.io/osv-schema/), and which versions it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ECOSYSTEM: Final = "PyPI"
_ORDERED: Final = frozenset({"ECOSYSTEM", "SEMVER"})
"""Types of ranges whose ends are versions; those of Git are commits."""
_EVENTS: Final = frozenset({"introduced", "fixed", "last_affected"})
_BEGINNING: Final = "0"


@dataclass(frozen=True, slots=True)
class Affected:
    """Versions of one package: those that are listed, and those between the events of ranges."""

    package: str
    versions: frozenset[str]
    ranges: tuple[tuple[tuple[str, str], ...], ...]  # each a range's events: what happens, at which version

    def holds(self, version: Version) -> bool:
        """Whether a version is among them."""
        return any(_parsed(listed) == version for listed in self.versions) or any(
            _within(version, events) for events in self.ranges
        )


@dataclass(frozen=True, slots=True)
class Advisory:
    """What is known of one vulnerability."""

    id: str
    aliases: frozenset[str]
    summary: str
    modified: datetime
    affected: tuple[Affected, ...]

    def fixed_in(self, package: str, version: Version) -> str | None:
        """The next version of a package without it, as far as it says."""
        ends = [
            _parsed(at)
            for one in self.affected
            if one.package == package
            for events in one.ranges
            for name, at in events
            if name == "fixed"
        ]
        later = sorted(end for end in ends if end is not None and end > version)
        return str(later[0]) if later else None

    def concerns(self, package: str, version: Version) -> bool:
        """Whether it is about this version of a package, whose name is canonical."""
        return any(one.package == package and one.holds(version) for one in self.affected)


def advisory_of(content: Mapping[str, Any]) -> Advisory | None:
    """An entry of a database; None where it was withdrawn or is about no package of Python. Raises KeyError, ValueError."""
    affected = tuple(_affected(content.get("affected", ())))
    if not affected or content.get("withdrawn"):
        return None
    summary = str(content.get("summary") or content.get("details", "")).strip().partition("\n")[0]
    modified = datetime.fromisoformat(str(content["modified"]))
    return Advisory(str(content["id"]), frozenset(content.get("aliases", ())), summary, modified, affected)


def _affected(parts: Iterable[Mapping[str, Any]]) -> Iterable[Affected]:
    for part in parts:
        package = part.get("package", {})
        if package.get("ecosystem") != ECOSYSTEM:
            continue
        ranges = (
            tuple((name, str(at)) for event in one["events"] for name, at in event.items())
            for one in part.get("ranges", ())
            if one["type"] in _ORDERED
        )
        yield Affected(canonicalize_name(package["name"]), frozenset(part.get("versions", ())), tuple(ranges))


def _within(version: Version, events: Iterable[tuple[str, str]]) -> bool:
    """Whether a range holds a version: the algorithm of the specification. A range with an end that is no version holds all of them."""
    ends: list[tuple[bool, Version, str]] = []
    for name, at in events:
        if name in _EVENTS:
            end = _parsed(at)
            if end is None:
                return True
            ends.append((at != _BEGINNING, end, name))
    is_affected = False
    for has_begun, end, name in sorted(ends, key=lambda one: one[:2]):
        if not has_begun or version > end or (version == end and name != "last_affected"):
            is_affected = name == "introduced"
    return is_affected


def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
