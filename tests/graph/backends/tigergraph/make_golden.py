"""`python -m tests.graph.backends.tigergraph.make_golden`: compile the golden texts again, to be reviewed as a diff.

A golden file is its Cypher in `//` lines, then what the compiler makes of it, without the declarations at its head.
"""

from __future__ import annotations

import re
from pathlib import Path

from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.cypher.prepare import prepare
from graph.schema.load import load_schema
from graph.schema.model import Schema

FOLDER = Path(__file__).parent / "golden"

_DECLARATION = re.compile(r"  ((TYPEDEF|INT|STRING|BOOL|DOUBLE|DATETIME) |\w+Accum\b).*;\n")


def cypher_of(path: Path) -> str:
    """The query that stands at the head of a golden file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line.removeprefix("// ") for line in lines if line.startswith("// "))


def statements_of(cypher: str, schema: Schema) -> str:
    """What a query compiles to, from its head on, without declarations."""
    text = GsqlCompiler(prepare(cypher, schema), schema, name="golden").text()
    head, _, body = text.partition("\n")
    return head + "\n" + "".join(line for line in body.splitlines(keepends=True) if not _DECLARATION.fullmatch(line))


def content(cypher: str, schema: Schema) -> str:
    """A whole golden file."""
    return "".join(f"// {line}\n" for line in cypher.splitlines()) + statements_of(cypher, schema)


def main() -> None:
    """Write every golden file again."""
    schema = load_schema("it_estate")
    for path in FOLDER.glob("*.gsql"):
        path.write_text(content(cypher_of(path), schema), encoding="utf-8")


if __name__ == "__main__":
    main()
