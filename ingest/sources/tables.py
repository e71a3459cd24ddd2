"""CSV files of a system, told apart by their headers: names and dates in file names change, columns do not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest.delimited import read_header
from ingest.errors import NoKnownFilesError
from ingest.files import Content, find_files, look_through


def known_tables(path: Path, signatures: Mapping[str, frozenset[str]], *, comment: str = "") -> dict[str, Content]:
    """For each type of table, the file whose header has its columns; of several, the last by name (the newest export).

    Raises NoKnownFilesError where there is none, and the errors of a file that cannot be read.
    """
    contents: dict[str, Content] = {}
    for file in find_files(path, (".csv",)):
        content = look_through(file)
        columns = set(read_header(file, comment=comment))
        for name, signature in signatures.items():
            if signature <= columns:
                contents[name] = content
                break
    if not contents:
        expected = "; or ".join(", ".join(sorted(signature)) for signature in signatures.values())
        raise NoKnownFilesError(
            "no file here has the columns of this source",
            where=str(path),
            hint=f"give a CSV file with the columns {expected}",
        )
    return contents
