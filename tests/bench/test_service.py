"""The bench of the service measures what it says: of a server of the test's own every day, of the twin at night."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from bench.loopback import Clients, posted
from bench.service import CLIENTS, measure

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
RUDE = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
HALF = ANSWER[:20]
FAULT = b"HTTP/1.1 500 Internal Server Error\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
REQUEST = posted("/api/query", {"query": "RETURN 1"})


@asynccontextmanager
async def answering(*answers: bytes, pause_s: float = 0.0) -> AsyncIterator[str]:
    """A server that gives these answers in turn, each connection from the first on; half of one ends the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.append(writer)
        number = 0
        while await reader.read(len(REQUEST)):
            await asyncio.sleep(pause_s)
            writer.write(answers[number % len(answers)])
            number += 1
            if answers[(number - 1) % len(answers)] == HALF:
                break
        writer.close()

    open_: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in open_:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def test_a_connection_that_was_closed_between_two_questions_is_opened_again() -> None:
    async def story() -> None:
        closed = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal closed
            await reader.read(len(REQUEST))
            writer.write(ANSWER)
            writer.close()  # as one does that was idle for long
            closed += 1

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            load = await Clients(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", [REQUEST]).closed(1, 0.2)
        assert load.errors == 0
        assert closed >= load.answered > 1

    asyncio.run(story())


def test_answers_refusals_errors_and_broken_connections_are_told_apart() -> None:
    async def story() -> None:
        async with answering(ANSWER, REFUSAL, RUDE, FAULT, HALF, pause_s=0.002) as url:
            load = await Clients(url, [REQUEST]).closed(2, 0.3)
        assert load.answered == load.statuses["200"] > 0
        assert load.shed == load.statuses["503"] > 0
        assert load.errors == load.broken + load.statuses["500"] > load.statuses["500"]
        assert 0 < load.without_retry_after <= load.shed
        assert 2 <= load.p50 <= load.p95 <= load.p99

    asyncio.run(story())


def test_an_open_loop_asks_as_often_as_it_is_told_whatever_becomes_of_it() -> None:
    async def story() -> None:
        async with answering(ANSWER, pause_s=0.2) as url:
            load = await Clients(url, [REQUEST]).open(rate=100, seconds=0.5)
        assert load.answered == 50, "though each answer takes as long as twenty questions"

    asyncio.run(story())


@pytest.mark.nightly
def test_every_figure_of_the_service_is_measured() -> None:
    figures = {figure.name: figure for figure in measure(servers=200, seconds=0.5)}
    assert all(figures[f"backend queries of a nested page, {levels} levels"].value == 1 for levels in ("three", "six"))
    assert all(figures[f"simple reads over HTTP, {clients:02d} clients: answers"].value > 0 for clients in CLIENTS)
    assert figures["three times saturation: errors, and refusals without Retry-After"].met
    assert figures["three times saturation: memory after beside before"].value > 0
