"""Match what people call software in the estate to the world's catalogue, and tell the twin what is sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from core.errors import UsageError
from core.settings import Settings
from graph.history.sightings import Sightings, packed
from ingest.world.matcher import Matcher, WorldProduct
from ingest.world.matching import Matching
from ingest.world.report import MatchedSpelling, MatchReport, Spelling
from ingest.world.rules import load_rules
from services.projecting import project
from services.twin import open_ledger

MINIMUM: Final = 0.85
CATALOGUE: Final = "endoflife"
"""The source that tells the world's products and cycles."""

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]

_PRODUCTS = (
    "MATCH (p:SoftwareProduct) OPTIONAL MATCH (v:SoftwareVersion)-[:VERSION_OF]->(p) "
    "RETURN elementId(p) AS id, p.name AS name, p.cpe AS cpe, elementId(v) AS version_id, v.cycle AS cycle"
)
_VERSIONS = (
    "MATCH (v:SoftwareVersion) OPTIONAL MATCH (n)-[:RUNS_VERSION]->(v) "
    "RETURN elementId(v) AS id, v.name AS name, v.version AS version, count(n) AS uses"
)
_ENGINES = (
    "MATCH (d:DatabaseInstance) WHERE d.engine IS NOT NULL RETURN d.engine AS engine, count(*) AS uses ORDER BY engine"
)


def match_world(ask: Ask, settings: Settings, *, minimum: float = MINIMUM, rules: Path | None = None) -> MatchReport:
    """Match every version, product and engine that the catalogue itself does not tell. Nothing is written.

    Raises UsageError where the twin holds no catalogue, MatchingRulesError.
    """
    schema, ledger = open_ledger(settings)
    try:
        told = Sightings(ledger).of(CATALOGUE)
    finally:
        ledger.close()
    rows = _rows(ask, _PRODUCTS)
    products = _world(rows, told)
    if not products:
        raise UsageError(
            "the twin holds no catalogue of the world's products",
            where=CATALOGUE,
            hint=f"load it first: jumeau ingest FOLDER --source {CATALOGUE}",
        )
    matcher = Matcher(products, load_rules(schema.name, rules))
    spellings = [
        Spelling("version", name, version, uses, element)
        for element, name, version, uses in _rows(ask, _VERSIONS)
        if packed(element) not in told and name is not None
    ]
    versions: dict[tuple[str, str], int] = defaultdict(int)
    for element, name, _, version, _ in rows:
        if packed(element) not in told and name is not None:
            versions[(element, name)] += version is not None
    spellings += [Spelling("product", name, None, count, element) for (element, name), count in versions.items()]
    spellings += [Spelling("engine", engine, None, uses) for engine, uses in _rows(ask, _ENGINES)]
    matched = [MatchedSpelling(each, matcher.match(each.text, each.version)) for each in spellings]
    matched.sort(key=lambda each: (-each.spelling.uses, each.spelling.of, each.spelling.text))
    return MatchReport(tuple(matched), minimum)


def apply_matches(settings: Settings, report: MatchReport) -> MatchReport:
    """Tell the twin what is sure enough, and bring the graph up to it. Raises LedgerError, BackendError."""
    schema, ledger = open_ledger(settings)
    try:
        changed = Matching(schema, ledger, actor=settings.actor).apply(report)
    finally:
        ledger.close()
    project(settings)
    return replace(report, applied=True, changed=changed)


def _rows(ask: Ask, text: str) -> list[list[Any]]:
    answer = ask(text, {})
    if answer["truncated"]:
        raise UsageError(
            f"there are more than {len(answer['rows']):,} rows to match", where="row_cap", hint="raise JUMEAU_ROW_CAP"
        )
    rows: list[list[Any]] = answer["rows"]
    return rows


def _world(rows: list[list[Any]], told: set[bytes]) -> dict[str, WorldProduct]:
    cycles: dict[str, dict[str, str]] = defaultdict(dict)
    names: dict[str, tuple[str, tuple[str, ...]]] = {}
    for element, name, cpes, version, cycle in rows:
        if name is None or packed(element) not in told:
            continue
        names[element] = name, tuple(cpes or ())
        if version is not None and cycle is not None and packed(version) in told:
            cycles[element][cycle] = version
    return {name: WorldProduct(name, element, cycles[element], cpes) for element, (name, cpes) in names.items()}
