"""The scorecard computed from the CSV files alone, in plain Python: the other side of the tests."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import yaml

from demo.plain_answers import Export, Item

Failures = dict[str, int]

ALL_RELATIONS = ("OWNED_BY", "SUPPORTED_BY", "REALISES", "RUNS_ON", "RUNS_VERSION", "LOCATED_IN", "HOSTED_ON")
IGNORED = ("planned", "decommissioned")


def failures_by_kind(
    folder: Path, policy: Path, generics: dict[str, tuple[str, ...]], groups: list[str]
) -> dict[str, Failures]:
    """For each kind: items, and how many fail each metric but `stale`. `generics` are labels of kinds, `groups` relations."""
    export = Export(folder, date(2025, 1, 1))
    written = yaml.safe_load(policy.read_text(encoding="utf-8"))["kinds"]
    starts = {relation: set(export.forwards(relation)) for relation in ALL_RELATIONS}
    joined = {end for relation in groups for pair in export.pairs(relation) for end in pair}
    checks = latest_checks(export)
    found: dict[str, Failures] = {}
    for kind, labels in generics.items():
        items = [i for i in export.of_kind(kind) if export.get(i, "status") not in IGNORED]
        asked: dict[str, list[str]] = {"required": ["name"], "recommended": []}
        keys = []
        for label in labels:
            for part in asked:
                asked[part] += written.get(label, {}).get(part, [])
            keys += written.get(label, {}).get("duplicates", [])
        if kind in ("IpAddress", "NetworkPrefix"):  # these may go without a name, not without what they are
            asked["required"] = ["address" if kind == "IpAddress" else "prefix"]
        failed = {
            part: sum(any(lacks(export, starts, i, n) for n in names) for i in items) for part, names in asked.items()
        }
        failed["items"] = len(items)
        failed["orphan"] = sum(item not in joined for item in items)
        failed["duplicate"] = len({i for key in keys for i in alike(export, items, key)})
        audits = [passed for item in items for passed in checks.get(item, [])]
        failed["compliance"] = sum(not passed for passed in audits)
        failed["audits"] = len(audits)
        found[kind] = failed
    return found


def lacks(export: Export, starts: dict[str, set[Item]], item: Item, name: str) -> bool:
    """Whether an item has no such attribute, or starts no such relation."""
    if not name.isupper():
        return export.get(item, name) is None
    return item not in starts[name]


def alike(export: Export, items: list[Item], key: list[str]) -> set[Item]:
    """The items that share their values of a key with another one."""
    values = {i: tuple((export.get(i, name) or "").strip().lower() for name in key) for i in items}
    times = Counter(values.values())
    return {i for i, value in values.items() if all(value) and times[value] > 1}


def latest_checks(export: Export) -> dict[Item, list[bool]]:
    """For each item, what the latest check of each policy found."""
    policies = dict(export.pairs("CHECKS"))
    best: dict[tuple[Item, Item | None], tuple[str, bool]] = {}
    for check, item in export.pairs("CONCERNS"):
        if check[0] != "ComplianceCheck" or export.get(check, "passed") is None:
            continue
        told = (export.get(check, "checked_on") or "", export.get(check, "passed") == "true")
        former = best.get((item, policies.get(check)))
        if former is None or told[0] > former[0] or (told[0] == former[0] and not told[1]):
            best[(item, policies.get(check))] = told
    found: dict[Item, list[bool]] = defaultdict(list)
    for (item, _), (_, passed) in best.items():
        found[item].append(passed)
    return found
