"""CVE records in the format of the programme (CVE JSON 5), flattened to the columns of the table: one row per CVE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ingest.assertion import Place, Rejection
from ingest.sources.contract import Record

_METRICS = ("cvssV4_0", "cvssV3_1", "cvssV3_0")
"""Newest first; version 2 scores another scale."""


def record_of(place: Place, document: Any) -> Record | Rejection:
    """A published CVE as a `record`; rejected and reserved ones under a type of their own, which is counted."""
    metadata = document.get("cveMetadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("cveId"), str):
        hint = "a CVE record has dataType CVE_RECORD and cveMetadata.cveId"
        return Rejection(place, "BROKEN_ROW", "the document is no CVE record", hint, document)
    if metadata.get("state") != "PUBLISHED":
        return Record(f"{str(metadata.get('state')).lower()} record", place, {"cve": metadata["cveId"]})
    containers = _object(document.get("containers"))
    cna = _object(containers.get("cna"))
    every = [cna, *_objects(containers.get("adp"))]
    affected = [item for container in every for item in _objects(container.get("affected"))]
    first = affected[0] if affected else {}
    fields: dict[str, Any] = {
        "cve": metadata["cveId"],
        "published": str(metadata.get("datePublished") or "")[:10],
        "assigner": metadata.get("assignerShortName"),
        "title": cna.get("title"),
        "vendor": first.get("vendor"),
        "product": first.get("product"),
        "description": _english(cna.get("descriptions")),
        "cpe": "|".join(_distinct(text for item in affected for text in _texts(item.get("cpes")))),
        "cwe": "|".join(_distinct(_weaknesses(every))),
    }
    return Record("record", place, {name: value for name, value in {**fields, **_scores(every)}.items() if value})


def _scores(containers: list[dict[str, Any]]) -> dict[str, Any]:
    """The first score, of the assigner before others; what CISA adds: SSVC and the day of its listing as exploited."""
    found: dict[str, Any] = {}
    for metric in (metric for container in containers for metric in _objects(container.get("metrics"))):
        score = next((_object(metric[name]) for name in _METRICS if name in metric), None)
        if score is not None and "cvss" not in found and score.get("baseScore") is not None:
            found["cvss"] = score["baseScore"]
            found["severity"] = score.get("baseSeverity")
            found["vector"] = score.get("vectorString")
        other = _object(metric.get("other"))
        content = _object(other.get("content"))
        if other.get("type") == "ssvc":
            for option in _objects(content.get("options")):
                for name, value in option.items():
                    found[f"ssvc_{name.lower().replace(' ', '_')}"] = value
        elif other.get("type") == "kev":
            found["kev_date"] = content.get("dateAdded")
    return found


def _weaknesses(containers: list[dict[str, Any]]) -> Iterator[str]:
    for container in containers:
        for problem in _objects(container.get("problemTypes")):
            for description in _objects(problem.get("descriptions")):
                if isinstance(description.get("cweId"), str):
                    yield description["cweId"]


def _english(descriptions: Any) -> str | None:
    told = [(str(item.get("lang", "")), item.get("value")) for item in _objects(descriptions)]
    chosen = next((text for language, text in told if language.lower().startswith("en")), told[0][1] if told else None)
    return chosen if isinstance(chosen, str) else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _distinct(items: Iterable[str]) -> Mapping[str, None]:
    return dict.fromkeys(items)
