"""Load on a server from a process of its own: clients that ask as fast as they are answered, or as often as they are told.

`python -m bench.loopback URL --clients 8 --seconds 3` is a closed loop: each client asks again once it is answered. With
`--rate 500` questions come so many times a second whether or not those before are answered, as people do: an open loop.
The client is as small as HTTP/1.1 allows, since it shares the machine with what it measures.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import orjson

QUESTION = "MATCH (s:Server {id: $id}) RETURN s.name AS name, s.environment AS environment"
MOST_OPEN = 400
"""Connections that an open loop has at most; a question for which there is none is counted as unsent."""


@dataclass(frozen=True, slots=True)
class Load:
    """What became of the questions. Times of answered ones, in milliseconds; `statuses` of all that were sent."""

    seconds: float
    answered: int
    statuses: dict[str, int]
    unsent: int
    broken: int
    without_retry_after: int
    p50: float
    p95: float
    p99: float

    @property
    def per_second(self) -> float:
        """Answers with status 200 a second."""
        return self.answered / self.seconds

    @property
    def shed(self) -> int:
        """Questions that the server said it could not take."""
        return sum(self.statuses.get(status, 0) for status in ("429", "503"))

    @property
    def errors(self) -> int:
        """Everything else that is no answer."""
        return self.broken + sum(self.statuses.values()) - self.answered - self.shed


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Connection:
    """One connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: Streams | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body of an answer. Raises OSError, EOFError, ValueError.

        Servers close connections that nobody used for a while: one that was closed before a byte came back is opened again, once.
        """
        if self._streams is not None:
            try:
                return await self._asked(self._streams, request)
            except ConnectionResetError:
                pass
            except asyncio.IncompleteReadError as error:
                if error.partial:
                    raise
        self._streams = await asyncio.open_connection(*self._address)
        return await self._asked(self._streams, request)

    async def _asked(self, streams: Streams, request: bytes) -> tuple[int, bytes, bytes]:
        reader, writer = streams
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        except BaseException:
            self.close()
            raise
        if b"connection: close" in head:
            self.close()
        return int(head[9:12]), head, body

    def close(self) -> None:
        """Give the connection up; the next question opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Clients:
    """Clients of one server, and what they are told."""

    def __init__(self, url: str, requests: Sequence[bytes]) -> None:
        self._host, self._port = urlsplit(url).hostname or "127.0.0.1", urlsplit(url).port or 80
        self._requests: Iterator[bytes] = cycle(requests)
        self._times: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._broken = self._unsent = self._without = 0

    async def closed(self, clients: int, seconds: float) -> Load:
        """So many clients, each of which asks again once it is answered."""
        started = perf_counter()
        ends = started + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(self._until(ends))
        return self._load(perf_counter() - started)

    async def open(self, rate: float, seconds: float) -> Load:
        """So many questions a second, whatever becomes of them."""
        idle: list[Connection] = []
        opened = 0
        started = perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                if (ahead := started + number / rate - perf_counter()) > 0:
                    await asyncio.sleep(ahead)
                if idle:
                    connection = idle.pop()
                elif opened < MOST_OPEN:
                    connection, opened = Connection(self._host, self._port), opened + 1
                else:
                    self._unsent += 1
                    await asyncio.sleep(0)
                    continue
                group.create_task(self._once(connection, idle))
            sent = perf_counter() - started
        for connection in idle:
            connection.close()
        return self._load(max(sent, seconds))

    async def _until(self, ends: float) -> None:
        connection = Connection(self._host, self._port)
        while perf_counter() < ends:
            await self._ask(connection)
        connection.close()

    async def _once(self, connection: Connection, idle: list[Connection]) -> None:
        await self._ask(connection)
        idle.append(connection)

    async def _ask(self, connection: Connection) -> None:
        began = perf_counter()
        try:
            status, head, _ = await connection.ask(next(self._requests))
        except (OSError, EOFError, ValueError):
            self._broken += 1
            return
        self._statuses[str(status)] += 1
        if status == 200:
            self._times.append((perf_counter() - began) * 1000)
        elif b"retry-after:" not in head:
            self._without += 1

    def _load(self, seconds: float) -> Load:
        times = sorted(self._times) or [0.0]
        p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 0.99))
        return Load(
            seconds, len(self._times), dict(self._statuses), self._unsent, self._broken, self._without, p50, p95, p99
        )


def posted(path: str, body: object) -> bytes:
    """A request, whole."""
    content = orjson.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def from_another_process(url: str, ids: Path, seconds: float, *, clients: int = 0, rate: float = 0) -> Load:
    """The load of a process of its own, which asks for the elements whose ids are in a file, one a line."""
    command = [sys.executable, "-m", "bench.loopback", url, "--ids", str(ids), "--seconds", str(seconds)]
    command += ["--rate", str(rate)] if rate else ["--clients", str(clients)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=seconds * 4 + 60)
    return Load(**orjson.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--ids", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0)
    given = parser.parse_args()
    ids = given.ids.read_text(encoding="ascii").split()
    clients = Clients(given.url, [posted("/api/query", {"query": QUESTION, "parameters": {"id": i}}) for i in ids])
    load = clients.open(given.rate, given.seconds) if given.rate else clients.closed(given.clients, given.seconds)
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(orjson.dumps(asdict(asyncio.run(load))))


if __name__ == "__main__":
    main()
