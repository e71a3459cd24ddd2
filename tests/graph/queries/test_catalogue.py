"""The files of the catalogue: what is read from them, and how a broken one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.cypher.prepare import prepare
from graph.queries.catalogue import CatalogueError, CatalogueQuery, QueryParameter, load_catalogue
from graph.schema.model import Schema

HEAD = """// title.en: Servers
// title.fr: Serveurs
// description: Servers of a site.
// description.fr: Serveurs d'un site.
"""
FIRST_TEN = (
    "change_owners", "downstream_impact", "exploited_vulnerabilities_on_critical_applications",
    "incidents_by_team_and_month", "path_between", "servers_by_end_of_support", "servers_not_restarted",
    "single_points_of_failure", "unbacked_up_critical_servers", "upstream_dependencies",
)  # fmt: skip
NAMES = tuple(load_catalogue())


def written(folder: Path, text: str, name: str = "servers") -> CatalogueQuery:
    (folder / f"{name}.cypher").write_text(text, encoding="utf-8")
    return load_catalogue(folder)[name]


def test_the_first_ten_queries_are_there_and_all_are_in_order_of_name() -> None:
    assert set(FIRST_TEN) <= set(NAMES)
    assert list(NAMES) == sorted(NAMES)


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        load_catalogue()["mine"] = load_catalogue()["path_between"]  # type: ignore[index]


@pytest.mark.parametrize("name", NAMES)
def test_every_query_is_accepted_by_the_front_end_without_remark(name: str, schema: Schema) -> None:
    query = load_catalogue()[name]
    bound = prepare(query.text, schema)
    assert bound.notes == ()
    assert {parameter.name for parameter in query.parameters} == set(bound.parameters)


@pytest.mark.parametrize("name", NAMES)
def test_every_query_is_titled_and_described_in_both_languages(name: str) -> None:
    query = load_catalogue()[name]
    assert query.title_en != query.title_fr
    assert query.description.endswith(".")
    assert query.description_fr.endswith(".")
    assert query.tags
    assert all(parameter.description for parameter in query.parameters)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_that_name_elements_have_kinds_of_the_schema_as_types(name: str, schema: Schema) -> None:
    assert all(p.type in schema.kinds for p in load_catalogue()[name].parameters if p.names_an_element)


def test_lines_of_the_same_key_go_on(tmp_path: Path) -> None:
    query = written(tmp_path, HEAD + "// description: Sorted by name.\n// tags: topology, sites\nMATCH (s) RETURN s\n")
    assert query.description == "Servers of a site. Sorted by name."
    assert query.tags == ("topology", "sites")
    assert query.text == "MATCH (s) RETURN s\n"


def test_parameters_have_types_defaults_and_descriptions(tmp_path: Path) -> None:
    head = (
        HEAD
        + """// param site: Site -- where they stand
// param months: integer = 3 -- calendar months
// param environment: string = production
// param share: float = 0.5
// param all: boolean = false
// param since: date = null -- none: from the start
"""
    )
    query = written(tmp_path, head + "RETURN $site, $months, $environment, $share, $all, $since")
    assert query.parameters == (
        QueryParameter("site", "Site", "where they stand", required=True),
        QueryParameter("months", "integer", "calendar months", required=False, default=3),
        QueryParameter("environment", "string", "", required=False, default="production"),
        QueryParameter("share", "float", "", required=False, default=0.5),
        QueryParameter("all", "boolean", "", required=False, default=False),
        QueryParameter("since", "date", "none: from the start", required=False, default=None),
    )
    months, unknown = query.parameter("months"), query.parameter("years")
    assert months is not None
    assert not months.names_an_element
    assert unknown is None


@pytest.mark.parametrize(
    ("text", "line", "seen"),
    [
        pytest.param(HEAD + "// note: x\nRETURN 1", 5, "unknown key 'note'", id="an unknown key"),
        pytest.param(HEAD + "// only words\nRETURN 1", 5, "no `key: value`", id="a line without colon"),
        pytest.param("// title.en: A\nRETURN 1", 2, "no title.fr", id="a missing title"),
        pytest.param(HEAD, 5, "no query", id="a head alone"),
        pytest.param(HEAD + "// param x: text\nRETURN $x", 5, "'text' is no type", id="an unknown type"),
        pytest.param(HEAD + "// param x\nRETURN 1", 5, "no `key: value`", id="a parameter without type"),
        pytest.param(
            HEAD + "// param x: integer = few\nRETURN $x", 5, "default few is no integer", id="a wrong default"
        ),
        pytest.param(HEAD + "// param x: integer = true\nRETURN $x", 5, "default true", id="a boolean for an integer"),
        pytest.param(HEAD + "// param x: date\n// param x: date\nRETURN $x", 6, "declared twice", id="the same twice"),
        pytest.param(HEAD + "// param x: date\nRETURN 1", 6, "x is declared and not used", id="an unused parameter"),
        pytest.param(HEAD + "RETURN $x", 5, "x is used and not declared", id="an undeclared parameter"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, seen: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        written(tmp_path, text)
    assert seen in refused.value.seen
    assert refused.value.where == f"servers.cypher:{line}"
    assert refused.value.hint


def test_a_file_name_that_is_no_query_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no name for a query"):
        written(tmp_path, HEAD + "RETURN 1", name="My-Query")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "servers.cypher").write_bytes(b"// title.en: \xff\xfe")
    with pytest.raises(CatalogueError, match="cannot be read"):
        load_catalogue(tmp_path)
