"""A catalogue document with its entity references written out in full: kind:namespace/name, in lower case."""

from __future__ import annotations

from typing import Any

from ingest.assertion import Place, Rejection
from ingest.sources.contract import Record

_DEFAULT_NAMESPACE = "default"
_LISTS = {
    "providesApis": "api",
    "consumesApis": "api",
    "dependsOn": "component",
    "memberOf": "group",
}


def entity(place: Place, document: Any) -> Record | Rejection:
    """One record of type Component, API, Resource, System, Domain, Group, User or whatever the document says."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or not metadata.get("name") or not document.get("kind"):
        hint = "give it apiVersion, kind and metadata.name"
        return Rejection(place, "BROKEN_ROW", "the document is no catalogue entity", hint, document)
    kind, name = str(document["kind"]), str(metadata["name"])
    namespace = str(metadata.get("namespace") or _DEFAULT_NAMESPACE)
    raw = document.get("spec")
    if raw is not None and not isinstance(raw, dict):  # taken as absent, it would clear what was known
        seen = f"`spec` is a {type(raw).__name__}"
        return Rejection(place, "BROKEN_ROW", seen, "`spec` is a mapping of fields", document)
    spec: dict[str, Any] = dict(raw or {})
    for field, target in _LISTS.items():
        items = spec.get(field)
        if isinstance(items, list):
            spec[field] = [reference(str(item), target, namespace) for item in dict.fromkeys(map(str, items))]
    for field, target in (("system", "system"), ("domain", "domain")):
        if spec.get(field):
            spec[field] = reference(str(spec[field]), target, namespace)
    if spec.get("owner"):
        spec["owner"] = reference(str(spec["owner"]), "group", namespace)
    fields = {
        "ref": f"{kind}:{namespace}/{name}".lower(),
        "name": name if namespace == _DEFAULT_NAMESPACE else f"{namespace}/{name}",
        "metadata": metadata,
        "spec": spec,
    }
    return Record(kind, place, fields)


def reference(text: str, kind: str, namespace: str) -> dict[str, str]:
    """An entity reference [kind:][namespace/]name in full, with its parts."""
    head, colon, rest = text.rpartition(":")
    kind = head.lower() if colon else kind
    space, slash, name = rest.rpartition("/")
    namespace = space if slash else namespace
    short = name if namespace.lower() == _DEFAULT_NAMESPACE else f"{namespace}/{name}"
    return {"kind": kind, "name": short, "ref": f"{kind}:{namespace}/{name}".lower()}
