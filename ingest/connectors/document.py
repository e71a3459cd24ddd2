"""An API that is one document with a tag: a list of records, and how many they should be."""

from __future__ import annotations

from ingest.connectors.contract import Page
from ingest.connectors.errors import BrokenAnswerError
from ingest.connectors.transport import Transport


def page_of(transport: Transport, path: str, listed: str, counted: str, *, etag: str | None, hint: str) -> Page:
    """The records under the key `listed`, their number under `counted`. Raises BrokenAnswerError where there is no list."""
    answer = transport.get_json(path, etag=etag)
    if answer.unchanged:
        return Page((), unchanged=True, etag=etag)
    found = answer.body.get(listed) if isinstance(answer.body, dict) else None
    if not isinstance(found, list):
        raise BrokenAnswerError(f"the answer has no list `{listed}`", where=transport.base_url + path, hint=hint)
    total = answer.body.get(counted)
    return Page(found, None, total if isinstance(total, int) else None, answer.etag)
