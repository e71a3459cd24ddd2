"""One record per exploited vulnerability: the catalogue's entry with its scores, if there are any."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.assertion import Place, Rejection
from ingest.files import Content
from ingest.sources.contract import Record
from ingest.tabular import read_records


def joined(catalogue: Content | None, scores: Content | None) -> Iterator[Record | Rejection]:
    """Entries in the catalogue's order, then scores without an entry: a score table alone holds exploited ones too."""
    scored: dict[str, tuple[Place, dict[str, str]]] = {}
    for row in () if scores is None else read_records(scores.file):
        if isinstance(row, Rejection):
            yield row
            continue
        place = Place(scores.file.name if scores else "", row[0])
        scored.setdefault(row[1].get("CVE", "").strip().upper(), (place, row[1]))
    for row in () if catalogue is None else read_records(catalogue.file):
        if isinstance(row, Rejection):
            yield row
            continue
        line, entry = row
        _, score = scored.pop(entry.get("cveID", "").strip().upper(), (None, {}))
        fields = {"cve": entry.get("cveID"), "entry": entry, "score": score}
        yield Record("entry", Place(catalogue.file.name if catalogue else "", line), fields)
    for place, score in scored.values():
        yield Record("entry", place, {"cve": score.get("CVE"), "entry": {}, "score": score})
