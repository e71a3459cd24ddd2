"""Start, tell and stop an OpenID provider of our own: on a free port of 127.0.0.1, gone when its starter is gone."""

from __future__ import annotations

import atexit
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from scripts.oidc.distribution import HERE, OidcProviderUnavailableError, node, prepare_distribution

STOP_TIMEOUT_S: Final = 15.0


class OidcProviderProcess:
    """A running provider. What it is told goes through its input, whose end is its own."""

    def __init__(self, process: subprocess.Popen[str], log: IO[str]) -> None:
        self._process = process
        self._log = log
        self.issuer = ""
        self.key_set_requests = 0
        atexit.register(self.stop)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def tell(self, **state: Any) -> None:
        """Replace keys, accounts, clients or claims of clients, whichever are named. Raises OidcProviderUnavailableError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it ended: the missing answer tells so
            self._process.stdin.write(json.dumps(state) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "it ended without an answer"}
        if "error" in answer:
            self._log.seek(0)
            said = "\n".join(self._log.read().splitlines()[-15:])
            raise OidcProviderUnavailableError(f"the OpenID provider refused: {answer['error']}\n{said}")
        self.issuer = answer["issuer"]
        self.key_set_requests = answer["requests"]

    def stop(self) -> None:
        """End it by closing its input, by its own process id where that is not heard. Stopping twice is harmless."""
        atexit.unregister(self.stop)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()


def start(
    *,
    keys: Sequence[Mapping[str, Any]],
    clients: Sequence[Mapping[str, Any]],
    accounts: Mapping[str, Mapping[str, Any]],
    client_claims: Mapping[str, Mapping[str, Any]] | None = None,
    port: int = 0,
    packages: Path | None = None,
) -> OidcProviderProcess:
    """Start a provider and wait until it answers; `keys` are private JWKs. Port 0 takes a free one.

    Raises OidcProviderUnavailableError with the end of what it wrote.
    """
    program, folder = node(), packages or prepare_distribution()
    log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  (open as long as the process)
    process = subprocess.Popen(
        [program, str(HERE / "provider.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        cwd=folder,
        start_new_session=True,  # Ctrl-C reaches the starter only, which stops the provider
    )
    provider = OidcProviderProcess(process, log)
    try:
        provider.tell(keys=keys, clients=clients, accounts=accounts, clientClaims=client_claims or {}, port=port)
    except BaseException:
        provider.stop()
        raise
    return provider
