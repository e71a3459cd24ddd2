"""Which locked packages an advisory concerns, but for those that somebody has accepted for a while, with a reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts.advisories.advisory import Advisory

_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A known vulnerability that somebody lets stand, why, and until when."""

    id: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Finding:
    """A locked package that an advisory concerns."""

    package: str
    version: str
    advisory: Advisory
    fixed_in: str | None
    lapsed: date | None = None  # it was accepted until then

    def __str__(self) -> str:
        names = ", ".join([self.advisory.id, *sorted(self.advisory.aliases)])
        fix = f"fixed in {self.fixed_in}" if self.fixed_in else "no version without it is named"
        lapse = f"; was accepted until {self.lapsed}" if self.lapsed else ""
        return f"{self.package} {self.version}: {names}: {self.advisory.summary} ({fix}{lapse})"


def locked(lock: Path) -> dict[str, str]:
    """The packages of a lock, by canonical name, with their versions."""
    return {canonicalize_name(name): version for name, version in _PIN.findall(lock.read_text(encoding="utf-8"))}


def accepted(path: Path) -> list[Accepted]:
    """What is let stand. Raises ValueError for one without a reason or an end."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
    found = []
    for entry in entries:
        if set(entry) != {"id", "package", "reason", "until"} or not entry["reason"].strip():
            raise ValueError(
                f"{path.name}: {entry.get('id', '?')} needs id, package, reason and until, and nothing else"
            )
        found.append(Accepted(entry["id"], canonicalize_name(entry["package"]), entry["reason"], entry["until"]))
    return found


def audit(
    packages: dict[str, str], advisories: Iterable[Advisory], allowed: Iterable[Accepted], today: date
) -> list[Finding]:
    """What is found, by package, without what is accepted today."""
    let_stand = {(one.package, one.id): one.until for one in allowed}
    found = []
    for advisory in advisories:
        for package in sorted({one.package for one in advisory.affected} & packages.keys()):
            version = Version(packages[package])
            if not advisory.concerns(package, version):
                continue
            ends = [
                let_stand[package, name] for name in (advisory.id, *advisory.aliases) if (package, name) in let_stand
            ]
            until = max(ends, default=None)
            if until is None or until < today:
                found.append(Finding(package, packages[package], advisory, advisory.fixed_in(package, version), until))
    return sorted(found, key=lambda finding: (finding.package, finding.advisory.id))
