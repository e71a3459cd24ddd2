"""Files read back into rows and elements, by readers that are not ours where there are any."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import networkx as nx
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from services.export.csv_file import made_again

Rows = list[tuple[Any, ...]]


def csv_texts(content: bytes) -> list[list[str | None]]:
    """Every cell of a CSV file as text; null for a cell without quotes in which nothing is. A reader of RFC 4180, to the letter."""
    text = content.decode()
    lines: list[list[str | None]] = [[]]
    at = 0
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while text[end] != '"' or text[end + 1 : end + 2] == '"':
                end += 2 if text[end] == '"' else 1
            lines[-1].append(text[at + 1 : end].replace('""', '"'))
            at = end + 1
        else:
            ends = [found for found in (text.find(",", at), text.find("\r\n", at)) if found >= 0]
            end = min(ends)
            lines[-1].append(text[at:end] or None)
            at = end
        assert text[at] == "," or text[at : at + 2] == "\r\n", text[at : at + 20]
        if text[at] == ",":
            at += 1
            if text[at : at + 2] == "\r\n":  # the last cell of the line is null
                lines[-1].append(None)
                at += 2
                lines.append([])
        else:
            at += 2
            lines.append([])
    assert lines.pop() == []
    return lines


def csv_plain(content: bytes) -> list[list[str | None]]:
    """The same, with the apostrophes before formulas taken away."""
    return [[None if cell is None else made_again(cell) for cell in line] for line in csv_texts(content)]


def json_lines(content: bytes) -> list[Any]:
    """What is on each line."""
    return [orjson.loads(line) for line in content.splitlines()]


def parquet(content: bytes) -> pa.Table:
    """The table of a file."""
    return pq.read_table(io.BytesIO(content))


def graphml(content: bytes) -> tuple[Mapping[str, dict[str, Any]], Mapping[str, tuple[str, str, dict[str, Any]]]]:
    """Nodes by id, and relations by id with both ends, as NetworkX reads them; the document is well formed."""
    root = ET.fromstring(content)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), "an id is there twice"
    graph: Any = nx.read_graphml(io.BytesIO(content), force_multigraph=True)
    edges = {
        key: (start, end, {k: v for k, v in data.items() if k != "id"})
        for start, end, key, data in graph.edges(keys=True, data=True)
    }
    return dict(graph.nodes(data=True)), edges
