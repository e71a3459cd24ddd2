"""An answer as Markdown: the text, a table, what it rests on, and the queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.answer.value import Answer
from services.cells import to_text

SHOWN = 50
"""Rows of the table; JSON has them all."""

_HEADS = {
    "fr": {
        "assumptions": "Hypothèses",
        "choices": "Voulez-vous dire",
        "missing": "Ce que le jumeau ne contient pas",
        "freshness": "Fraîcheur des données",
        "queries": "Requêtes",
        "notes": "Remarques",
        "more": "… {} lignes de plus",
        "ungrounded": "Retiré, faute de source",
    },
    "en": {
        "assumptions": "Assumptions",
        "choices": "Did you mean",
        "missing": "What the twin does not hold",
        "freshness": "Freshness of the data",
        "queries": "Queries",
        "notes": "Notes",
        "more": "… {} more rows",
        "ungrounded": "Taken out, without a source",
    },
}


def to_markdown(answer: Answer, *, queries: bool = True) -> str:
    """The answer as Markdown; `queries`: with the Cypher and the GSQL."""
    return markdown_of(answer.to_dict(), queries=queries)


def markdown_of(answer: Mapping[str, Any], *, queries: bool = True) -> str:
    """The same from an answer as JSON has it, such as a server's."""
    heads = _HEADS[answer["language"]]
    parts = [escaped(answer["answer"])]
    if answer["rows"] and not (len(answer["rows"]) == 1 and len(answer["columns"]) == 1):
        parts.append(_table(answer, heads["more"]))
    for name, lines in (
        ("choices", [choice["label"] for choice in answer["choices"]]),
        ("missing", answer["missing"]),
        ("assumptions", answer["assumptions"]),
        ("ungrounded", answer["ungrounded"]),
        ("notes", answer["notes"]),
        ("freshness", [f"{source}: {moment}" for source, moment in answer["freshness"].items()]),
    ):
        if lines:
            parts.append(f"**{heads[name]}**\n\n" + "\n".join(f"- {escaped(line)}" for line in lines))
    if queries and answer["cypher"]:
        parts.append(f"**{heads['queries']}**\n\n" + fenced(answer["cypher"], "cypher"))
        if answer["gsql"]:
            parts.append(fenced(answer["gsql"], "gsql"))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(answer: Mapping[str, Any], more: str) -> str:
    lines = [_line(answer["labels"] or answer["columns"]), _line(["---"] * len(answer["columns"]))]
    lines += [_line([_cell(cell) for cell in row]) for row in answer["rows"][:SHOWN]]
    left = len(answer["rows"]) - SHOWN
    return "\n".join(lines) + ("\n\n" + more.format(left) if left > 0 else "")


def _line(cells: Any) -> str:
    return "| " + " | ".join(escaped(str(cell)).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _cell(cell: Any) -> str:
    """A cell of JSON as people read it: an element by its name."""
    if isinstance(cell, dict) and "properties" in cell:
        cell = cell["properties"].get("name") or cell.get("id")
    return to_text(cell)


def escaped(text: str) -> str:
    """Text that comes from data, so that it draws no link, image or HTML in what shows Markdown."""
    for sign in ("\\", "`", "<", "[", "]"):
        text = text.replace(sign, {"<": "&lt;"}.get(sign, "\\" + sign))
    return text


def fenced(text: str, language: str) -> str:
    """A block of code, with a fence that the code does not hold."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
