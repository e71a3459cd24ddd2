"""Exports of a twin: what is in them, of which moment, for whom, how much, and what becomes of what goes wrong."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.deps import Services
from core.errors import JumeauError, NotFoundError, QueryTimeoutError, UsageError
from core.principal import LOCAL_OPERATOR, Principal
from graph.cypher.cost import TooCostlyError
from graph.cypher.diagnostics import NotReadOnlyError
from graph.repository import AnswerChangedError, RowCapError
from graph.schema.model import Schema
from services.cells import to_json
from services.export.order import ExportOrder, Format, Selection
from services.export.service import ExportService
from services.moments import Asked
from services.twin import Twin
from tests.api.estate import created, opened, small_estate, write
from tests.services.export import readers
from tests.services.export.conftest import Take, taken

READER = Principal("reader", frozenset({"reader"}), None)
EVERYTHING = (
    "MATCH (s:Server) OPTIONAL MATCH (s)-[r:OWNED_BY]->(t:Team) RETURN s, r, t.name AS team, s.memory_gb AS memory, "
    "s.last_restart AS restart, s.commissioned_on AS day, s.aliases AS aliases, s.internet_exposed AS open, "
    "s.yearly_cost AS cost, {name: s.name, cores: s.cpu_cores} AS pair, CASE WHEN s.cpu_cores > 1 THEN 1 ELSE 'x' END AS mixed "
    "ORDER BY s.name"
)


def order(text: str, format_: Format = Format.JSON_LINES, **more: Any) -> ExportOrder:
    return ExportOrder(format_, query=text, **more)


@pytest.mark.parametrize("format_", [Format.JSON_LINES, Format.CSV, Format.PARQUET])
def test_every_row_of_an_answer_is_in_the_file(services: Services, take: Take, format_: Format) -> None:
    answer = services.queries.cypher(EVERYTHING).answer
    content = take(order(EVERYTHING, format_))
    if format_ is Format.JSON_LINES:
        found = readers.json_lines(content)
        assert found == [dict(zip(answer.columns, map(to_json, row), strict=True)) for row in answer.rows]
    elif format_ is Format.CSV:
        head, *lines = readers.csv_plain(content)
        assert head == list(answer.columns)
        assert len(lines) == len(answer.rows) == 24
        assert [line[2] for line in lines] == [row[2] for row in answer.rows]
        assert [line[4] for line in lines] == [to_json(row[4]) for row in answer.rows]
    else:
        table = readers.parquet(content)
        for name in ("team", "memory", "restart", "day", "aliases", "open", "cost", "pair"):
            at = answer.columns.index(name)
            assert table.column(name).to_pylist() == [row[at] for row in answer.rows], name
        assert str(table.schema.field("restart").type) == "timestamp[us, tz=UTC]"
        assert [node["id"] for node in table.column("s").to_pylist()] == [row[0].id for row in answer.rows]


def test_a_named_query_is_exported_with_its_parameters(services: Services, take: Take) -> None:
    answer = services.catalogue.run("downstream_impact", {"ci": "hyp-0"}).answer
    asked = ExportOrder(Format.JSON_LINES, catalogue="downstream_impact", parameters={"ci": "hyp-0"})
    assert [list(line.values()) for line in readers.json_lines(take(asked))] == [
        [to_json(cell) for cell in row] for row in answer.rows
    ]
    assert services.exports.open(asked, LOCAL_OPERATOR).file_name == f"downstream_impact-{answer.sequence}.jsonl"


def test_the_whole_graph_is_exported_in_every_format(twin: Twin, take: Take) -> None:
    nodes = {node.id: node for node in twin.repository.nodes()}
    edges = {edge.id: edge for edge in twin.repository.edges()}
    assert (len(nodes), len(edges)) == (37, 80)
    lines = readers.json_lines(take(ExportOrder(Format.JSON_LINES, selection=Selection())))
    assert {line["id"] for line in lines} == nodes.keys() | edges.keys()
    assert len(lines) == 117
    found_nodes, found_edges = readers.graphml(take(ExportOrder(Format.GRAPHML, selection=Selection())))
    assert {id_: data["_kind"] for id_, data in found_nodes.items()} == {n.id: n.kind for n in nodes.values()}
    assert {id_: (start, end) for id_, (start, end, _) in found_edges.items()} == {
        e.id: (e.start, e.end) for e in edges.values()
    }
    for format_ in (Format.CSV, Format.PARQUET):
        content = take(ExportOrder(format_, selection=Selection()))
        if format_ is Format.CSV:
            head, *cells = readers.csv_plain(content)
            rows: list[dict[str, Any]] = [dict(zip(map(str, head), line, strict=True)) for line in cells]
        else:
            rows = readers.parquet(content).to_pylist()
        assert {row["_id"]: row["_kind"] for row in rows} == {
            **{n.id: n.kind for n in nodes.values()},
            **{e.id: e.type for e in edges.values()},
        }
        for row in rows:
            element = nodes.get(row["_id"]) or edges[row["_id"]]
            kept = {name for name, value in row.items() if value is not None and not name.startswith("_")}
            assert kept == element.properties.keys() - {"id"}
            if format_ is Format.PARQUET:
                assert all(
                    row[name] == (list(value) if isinstance(value, tuple) else value)
                    for name, value in element.properties.items()
                    if name != "id"
                )


def test_a_selection_has_the_relations_between_its_nodes_and_no_others(twin: Twin, take: Take) -> None:
    asked = ExportOrder(Format.GRAPHML, selection=Selection(("Server", "Team")))
    nodes, edges = readers.graphml(take(asked))
    kinds = {*twin.schema.descendants["Server"], "Team"}
    assert nodes.keys() == {n.id for n in twin.repository.nodes() if n.kind in kinds}
    assert edges.keys() == {e.id for e in twin.repository.edges() if e.start in nodes and e.end in nodes}
    _, few = readers.graphml(take(ExportOrder(Format.GRAPHML, selection=Selection(("Server", "Team"), ("HOSTED_ON",)))))
    assert {data["_kind"] for _, _, data in few.values()} == {"HOSTED_ON"}
    nothing = Selection(("Contract",), ())
    assert readers.graphml(take(ExportOrder(Format.GRAPHML, selection=nothing))) == ({}, {})


def test_an_answer_as_graphml_has_each_element_once_and_no_relation_without_ends(take: Take) -> None:
    paths = "MATCH p = (a:BusinessApplication)-[:RUNS_ON]->(s)-[:OWNED_BY]->(t) RETURN p, a, collect(s) AS servers"
    nodes, edges = readers.graphml(take(order(paths, Format.GRAPHML)))
    assert {data["_kind"] for data in nodes.values()} >= {"BusinessApplication", "Team"}
    assert all(start in nodes and end in nodes for start, end, _ in edges.values())
    bare, alone = readers.graphml(take(order("MATCH ()-[r:HOSTED_ON]->() RETURN r", Format.GRAPHML)))
    assert bare.keys() == {end for start, end, _ in alone.values()} | {start for start, end, _ in alone.values()}
    assert all(data == {} for data in bare.values())


def test_a_file_may_be_compressed(take: Take) -> None:
    assert gzip.decompress(take(order(EVERYTHING, gzip=True))) == take(order(EVERYTHING))


@pytest.mark.parametrize("format_", list(Format))
def test_an_answer_without_rows_is_a_file_without_rows(take: Take, format_: Format) -> None:
    content = take(order("MATCH (t:Team {name: 'nobody'}) RETURN t.name AS name, t", format_))
    if format_ is Format.PARQUET:
        assert readers.parquet(content).num_rows == 0
    elif format_ is Format.GRAPHML:
        assert readers.graphml(content) == ({}, {})
    else:
        assert content == (b"name,t\r\n" if format_ is Format.CSV else b"")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        pytest.param(ExportOrder(Format.CSV), UsageError, id="of nothing"),
        pytest.param(ExportOrder(Format.CSV, query="RETURN 1", catalogue="x"), UsageError, id="of two things"),
        pytest.param(ExportOrder(Format.CSV, catalogue="nothing"), NotFoundError, id="no such name"),
        pytest.param(ExportOrder(Format.CSV, selection=Selection(("Sever",))), UsageError, id="no such kind"),
        pytest.param(ExportOrder(Format.CSV, selection=Selection(None, ("OWNS",))), UsageError, id="no such relation"),
        pytest.param(
            ExportOrder(Format.CSV, selection=Selection(("Server) DETACH DELETE (n",))), UsageError, id="no name at all"
        ),
        pytest.param(order("RETURN 1 AS n", Format.PARQUET, gzip=True), UsageError, id="compressed twice"),
        pytest.param(order("MATCH (n) DETACH DELETE n"), NotReadOnlyError, id="a query that writes"),
        pytest.param(order("MATCH (n:Team) RETURN n.name / 2 AS n"), JumeauError, id="a query that fails"),
        pytest.param(order("RETURN 1 AS n", asked=Asked(as_of="soon")), UsageError, id="no moment"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_written(
    services: Services, wrong: ExportOrder, error: type[JumeauError]
) -> None:
    with pytest.raises(error):
        services.exports.open(wrong, LOCAL_OPERATOR)


@pytest.fixture
def own(schema: Schema, tmp_path: Path) -> Iterator[Services]:
    """A twin of its own on the embedded store, with low caps."""
    more = {"row_cap": 30, "export_row_cap": 60}
    with opened("embedded", schema, tmp_path, small_estate(), more) as twin:
        services = Services.of(twin)
        yield services
        services.moments.close()


def rows_of(count: int) -> str:
    return f"UNWIND range(1, {count}) AS n RETURN n"


def test_a_reader_exports_as_many_rows_as_an_answer_may_have_and_others_more(own: Services) -> None:
    assert len(readers.json_lines(taken(own, order(rows_of(30)), READER))) == 30
    assert len(readers.json_lines(taken(own, order(rows_of(60))))) == 60
    with pytest.raises(RowCapError, match="more than 30 rows"):
        own.exports.open(order(rows_of(31)), READER)
    export = own.exports.open(order(rows_of(61)), LOCAL_OPERATOR)
    with pytest.raises(RowCapError, match="more than 60 rows"):
        list(export.chunks)
    export.close()
    scoped = Principal("token", frozenset({"administrator"}), None, scope=frozenset({"read"}))
    with pytest.raises(RowCapError):
        own.exports.open(ExportOrder(Format.CSV, selection=Selection()), scoped)


def test_the_cap_counts_the_rows_of_all_the_questions_of_a_selection(own: Services) -> None:
    with pytest.raises(RowCapError):  # 117 elements, no kind or relation of which has 60
        taken(own, ExportOrder(Format.JSON_LINES, selection=Selection()))


def test_an_export_that_takes_too_long_ends(own: Services) -> None:
    seconds = iter([0.0, 1.0, 700.0])
    slow = ExportService(own.twin, own.moments, lambda: next(seconds))
    export = slow.open(ExportOrder(Format.JSON_LINES, selection=Selection(("Team", "Server"), ())), LOCAL_OPERATOR)
    with pytest.raises(QueryTimeoutError):
        list(export.chunks)
    export.close()


def test_the_cost_guard_stands_before_exports_too(schema: Schema, tmp_path: Path) -> None:
    with opened("embedded", schema, tmp_path, small_estate(), {"query_cost_limit": 100}) as twin:
        services = Services.of(twin)
        with pytest.raises(TooCostlyError):
            services.exports.open(order("MATCH (a:Element), (b:Element), (c:Element) RETURN a"), LOCAL_OPERATOR)


def test_a_graph_that_changes_while_it_is_read_is_no_file(own: Services) -> None:
    asked = ExportOrder(Format.JSON_LINES, selection=Selection(("Team", "Rack"), ()))
    sequence = own.twin.ledger.sequence()
    export = own.exports.open(asked, LOCAL_OPERATOR)
    write(own.twin.ledger, [created("Rack", "new")], fingerprint="other")
    own.twin.catch_up()
    with pytest.raises(AnswerChangedError):
        list(export.chunks)
    export.close()
    then = ExportOrder(Format.JSON_LINES, selection=Selection(("Team", "Rack"), ()), asked=Asked(f"#{sequence}"))
    assert len(readers.json_lines(taken(own, then))) == 5
    assert len(readers.json_lines(taken(own, asked))) == 6


def test_an_export_is_of_the_moment_and_the_branch_that_are_asked(own: Services) -> None:
    own.branches.create("plan")
    teams = "MATCH (t:Team) RETURN t.name AS name ORDER BY name"
    before = own.twin.ledger.sequence()
    write(own.twin.ledger, [created("Team", "Nouvelle")], fingerprint="other")
    own.twin.catch_up()

    def names(asked: Asked) -> list[str]:
        return [line["name"] for line in readers.json_lines(taken(own, order(teams, asked=asked)))]

    assert names(Asked()) == ["Données", "Nouvelle", "Réseau", "Socle"]
    assert names(Asked(as_of=f"#{before}")) == names(Asked(branch="plan")) == ["Données", "Réseau", "Socle"]


def test_what_the_dialect_has_no_words_for_is_exported_from_a_snapshot(own: Services) -> None:
    text = "MATCH (s:Server) RETURN keys(s) AS known ORDER BY size(known), s.name"
    export = own.exports.open(order(text), LOCAL_OPERATOR)
    lines = readers.json_lines(b"".join(export.chunks))
    export.close()
    assert export.engine == "fallback"
    assert any("snapshot" in note for note in export.notes)
    assert [line["known"] for line in lines] == [row[0] for row in own.queries.cypher(text).answer.rows]


def test_memory_does_not_grow_with_the_answer(schema: Schema, tmp_path: Path) -> None:
    more = {"row_cap": 30, "export_row_cap": 1_000_000}
    with opened("embedded", schema, tmp_path, small_estate(), more) as twin:
        services = Services.of(twin)

        def peak(count: int, format_: Format) -> int:
            text = f"UNWIND range(1, {count}) AS n RETURN n, 'text ' + toString(n) AS t"
            export = services.exports.open(order(text, format_), LOCAL_OPERATOR)
            tracemalloc.start()
            for _ in export.chunks:
                pass
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            export.close()
            return most

        for format_ in (Format.CSV, Format.JSON_LINES, Format.PARQUET):
            peak(2_000, format_)
            assert peak(75_000, format_) < 1.5 * peak(25_000, format_), format_
