"""Tables of a system, told apart by their headers: names and dates in file names change, columns do not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest.errors import BrokenCsvError, NoKnownFilesError
from ingest.files import Content
from ingest.tabular import find_tables, look_at, read_header


def known_tables(path: Path, signatures: Mapping[str, frozenset[str]], *, comment: str = "") -> dict[str, Content]:
    """For each type of table, the file whose header has its columns; of several, the last by name (the newest export).

    Raises NoKnownFilesError where there is none, and the errors of a file that cannot be read.
    """
    contents: dict[str, Content] = {}
    for file in find_tables(path):
        content = look_at(file)
        header = read_header(file, comment=comment)
        columns = set(header)
        for name, signature in signatures.items():
            if signature <= columns:
                twice = sorted(column for column in columns if header.count(column) > 1)
                if twice:
                    seen = f"the column `{twice[0]}` stands twice"
                    raise BrokenCsvError(
                        seen, where=f"{file.path}:1", hint="keep one: which of them counts is not guessed"
                    )
                contents[name] = content
                break
    if not contents:
        expected = "; or ".join(", ".join(sorted(signature)) for signature in signatures.values())
        raise NoKnownFilesError(
            "no file here has the columns of this source",
            where=str(path),
            hint=f"give a table (CSV, Excel, JSON lines, Parquet) with the columns {expected}",
        )
    return contents
