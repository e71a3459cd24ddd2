"""A real Neo4j for the tests: one that is named, one in Docker, or one of our own; else skipped, with the reason.

Where `JUMEAU_REQUIRE_NEO4J=1` (CI sets it) a missing server fails the tests instead of skipping them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from scripts.neo4j.distribution import Neo4jUnavailableError, prepare_distribution
from scripts.neo4j.launch import start

IMAGE = "neo4j:5.26-community"
DOCKER_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Neo4jServer:
    """Where the server is and how to log in."""

    url: str
    user: str
    password: str = field(repr=False)
    origin: str


def _named(stack: ExitStack) -> Neo4jServer:
    """The server that NEO4J_URI names. It is emptied by the tests, so it must be empty, or be given up for erasure."""
    url = os.environ.get("NEO4J_URI")
    if not url:
        raise Neo4jUnavailableError("NEO4J_URI is not set")
    server = Neo4jServer(
        url, os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", "neo4j"), "NEO4J_URI"
    )
    try:
        with GraphDatabase.driver(url, auth=(server.user, server.password)) as driver:
            found = driver.execute_query("MATCH (n) RETURN count(n) AS nodes").records[0]["nodes"]
    except (DriverError, Neo4jError) as error:
        pytest.fail(f"NEO4J_URI={url} does not answer: {error}")
    if found and os.environ.get("JUMEAU_NEO4J_ERASE") != "1":
        pytest.fail(f"{url} holds {found} nodes, and tests erase the database: empty it or set JUMEAU_NEO4J_ERASE=1")
    stack.callback(_erase, server)
    return server


def _docker(stack: ExitStack) -> Neo4jServer:
    """A container of the official image, where a Docker engine runs."""
    if shutil.which("docker") is None:
        raise Neo4jUnavailableError("no `docker` in PATH")
    try:
        told = subprocess.run(["docker", "info"], capture_output=True, text=True, timeout=DOCKER_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise Neo4jUnavailableError(f"`docker info` did not answer within {DOCKER_TIMEOUT_S} s") from error
    if told.returncode != 0:
        raise Neo4jUnavailableError(f"`docker info`: {told.stderr.strip().splitlines()[-1:] or 'failed'}")
    from docker.errors import DockerException  # type: ignore[import-untyped]
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    password = "tests-only-password"
    container = (
        DockerContainer(IMAGE)
        .with_env("NEO4J_AUTH", f"neo4j/{password}")
        .with_env("NEO4J_server_memory_heap_max__size", "1g")
        .with_env("NEO4J_server_memory_pagecache_size", "256m")
        .with_exposed_ports(7687)
        .waiting_for(LogMessageWaitStrategy("Started.").with_startup_timeout(180))
    )
    try:
        container.start()
    except (DockerException, OSError, TimeoutError) as error:
        raise Neo4jUnavailableError(f"the container {IMAGE} did not start: {error}") from error
    stack.callback(container.stop)
    url = f"bolt://{container.get_container_host_ip()}:{container.get_exposed_port(7687)}"
    return Neo4jServer(url, "neo4j", password, "Docker")


def _own(stack: ExitStack) -> Neo4jServer:
    """A server made of Maven artifacts, in a process of ours."""
    process = start(lib=prepare_distribution(), brief=True)
    stack.callback(process.stop)
    return Neo4jServer(process.url, process.user, process.password, f"process {process.pid}")


_WAYS: tuple[Callable[[ExitStack], Neo4jServer], ...] = (_named, _docker, _own)


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[Neo4jServer]:
    """A server whose database tests may erase; each test resets what it uses."""
    with ExitStack() as stack:
        yield _first(stack)


@pytest.fixture(scope="session")
def neo4j_url(neo4j_server: Neo4jServer) -> str:
    return neo4j_server.url


def unavailable(reason: str) -> None:
    """Skip the test that needs a server, or fail it where a server is required."""
    if os.environ.get("JUMEAU_REQUIRE_NEO4J") == "1":
        pytest.fail(f"JUMEAU_REQUIRE_NEO4J=1 and no Neo4j: {reason}")
    pytest.skip(f"no Neo4j: {reason}")


def _first(stack: ExitStack) -> Neo4jServer:
    reasons = []
    for way in _WAYS:
        try:
            return way(stack)
        except Neo4jUnavailableError as error:
            reasons.append(str(error))
    unavailable("; ".join(reasons))
    raise AssertionError("unreachable")


def _erase(server: Neo4jServer) -> None:
    with GraphDatabase.driver(server.url, auth=(server.user, server.password)) as driver, driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS").consume()
