"""From our URL and options to a driver: where the server is, who logs in, how long we are patient."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import urlsplit

from neo4j import READ_ACCESS, WRITE_ACCESS, Driver, GraphDatabase, NotificationMinimumSeverity, Session

from core.errors import BackendError, BackendUnavailableError, ConfigurationError
from graph.backends.neo4j.errors import translated
from graph.registry import BackendOptions

CONNECT_TIMEOUT_S = 5.0
RETRY_S = 5.0
WRITE_TIMEOUT_S = 120.0
IDLE_CHECK_S = 10.0
OLDEST = (5, 26)

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # else its retries go to standard error, bare


class Connection:
    """A driver that knows its database. `url` is what opens it again, without secrets."""

    def __init__(self, url: str, options: BackendOptions) -> None:
        address, self._database = _parsed(url)
        self.url = address if self._database is None else f"{address}/{self._database}"
        auth = (options.user or "neo4j", options.password) if options.password is not None else None
        with translated(self.url):
            self._driver: Driver = GraphDatabase.driver(
                address,
                auth=auth,
                connection_timeout=CONNECT_TIMEOUT_S,
                connection_acquisition_timeout=4 * CONNECT_TIMEOUT_S,
                connection_write_timeout=WRITE_TIMEOUT_S,
                liveness_check_timeout=IDLE_CHECK_S,  # a connection that died while idle is replaced, not handed out
                max_transaction_retry_time=RETRY_S,
                notifications_min_severity=NotificationMinimumSeverity.OFF,
                telemetry_disabled=True,
                user_agent="jumeau",
            )
        self._bookmarks = GraphDatabase.bookmark_manager()  # on a cluster, our reads see our writes
        self._greet()

    def reading(self, **settings: Any) -> Session:
        return self._session(READ_ACCESS, settings)

    def writing(self, **settings: Any) -> Session:
        return self._session(WRITE_ACCESS, settings)

    def close(self) -> None:
        with translated(self.url):
            self._driver.close()

    def _session(self, access: str, settings: dict[str, Any]) -> Session:
        return self._driver.session(
            database=self._database, default_access_mode=access, bookmark_manager=self._bookmarks, **settings
        )

    def _greet(self) -> None:
        """Reach the server now, so that what is wrong with the address or the password is said at the start."""
        try:
            with translated(self.url):
                agent = self._driver.get_server_info().agent
        except ValueError as error:  # a name that does not resolve
            self._driver.close()
            raise BackendUnavailableError(
                f"Neo4j cannot be reached: {error}", where=self.url, hint="check the host name in the URL"
            ) from error
        except BaseException:
            self._driver.close()
            raise
        found = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
        if found is None or (int(found[1]), int(found[2])) < OLDEST:
            self._driver.close()
            raise BackendError(f"the server says it is {agent}", where=self.url, hint="use Neo4j 5.26 or later")


def _parsed(url: str) -> tuple[str, str | None]:
    """`SCHEME://HOST:PORT[/DATABASE]` as the driver's address and the database's name. Raises ConfigurationError."""
    try:
        parts = urlsplit(url)
        host, port, user = parts.hostname, parts.port, parts.username or parts.password
    except ValueError as error:
        raise ConfigurationError(f"not a Neo4j URL: {error}", where="backend URL", hint=_FORM) from error
    if user is not None:
        raise ConfigurationError(
            "a Neo4j URL holds a user or a password",
            where="backend URL",
            hint="set JUMEAU_NEO4J_USER and JUMEAU_NEO4J_PASSWORD, and leave them out of the URL",
        )
    database = parts.path.strip("/")
    if not host or parts.query or parts.fragment or "/" in database:
        raise ConfigurationError(f"not a Neo4j URL: {url!r}", where="backend URL", hint=_FORM)
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}:{port or 7687}", database or None


_FORM = "use neo4j://HOST:PORT or bolt://HOST:PORT"
