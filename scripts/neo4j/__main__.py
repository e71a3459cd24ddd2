"""`python -m scripts.neo4j`: keep a Neo4j server running in the foreground until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
from pathlib import Path

from scripts.neo4j.distribution import CACHE, Neo4jUnavailableError
from scripts.neo4j.launch import Memory, start


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when stopped by a person, 1 when the server could not start or ended by itself."""
    options = _parser().parse_args(arguments)
    given = options.password or os.environ.get("JUMEAU_NEO4J_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    try:
        server = start(options.home, options.port, password, memory=Memory(heap=options.heap_mb))
    except Neo4jUnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"Neo4j is ready at {server.url} (user {server.user}, home {server.home}). Ctrl-C stops it.")
    print("In another terminal:")
    print(f"  export JUMEAU_BACKEND={server.url} JUMEAU_NEO4J_USER={server.user}")
    print(f"  export JUMEAU_NEO4J_PASSWORD={password if given is None else '(the one you gave)'}", flush=True)
    try:
        code = server.wait()
        print(f"the server ended by itself (exit code {code}); see {server.home / 'server.log'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        server.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.neo4j", description=__doc__)
    parser.add_argument("--port", type=int, default=7687, help="port on 127.0.0.1; 0 takes a free one (default 7687)")
    parser.add_argument("--home", type=Path, default=CACHE / "home", help="data directory, kept (default .neo4j/home)")
    parser.add_argument("--password", help="default: JUMEAU_NEO4J_PASSWORD, else one is generated and printed")
    parser.add_argument("--heap-mb", type=int, default=1024, help="Java heap in MiB (default 1024)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
