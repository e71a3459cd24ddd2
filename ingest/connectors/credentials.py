"""Credentials, known by the names of environment variables only: values are read when a request is made and never kept."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.connectors.errors import MissingSecretError


@dataclass(frozen=True, slots=True)
class Credentials:
    """Which variables hold the secret, and how it is sent: a token (`scheme` Bearer or Token), or a user with a password.

    Without any name nothing is sent. `required` APIs answer nobody without credentials.
    """

    token_env: str | None = None
    user_env: str | None = None
    password_env: str | None = None
    scheme: str = "Bearer"

    @property
    def names(self) -> str:
        """The variables, for messages."""
        return ", ".join(name for name in (self.token_env, self.user_env, self.password_env) if name) or "no variable"

    def header(self, environment: Mapping[str, str] | None = None) -> str | None:
        """The Authorization header. Raises MissingSecretError where a named variable is not set."""
        known = os.environ if environment is None else environment
        if self.token_env:
            return f"{self.scheme} {_value(self.token_env, known)}"
        if self.user_env and self.password_env:
            pair = f"{_value(self.user_env, known)}:{_value(self.password_env, known)}"
            return "Basic " + base64.b64encode(pair.encode()).decode()
        return None


def _value(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise MissingSecretError(
            f"the environment variable {name} is not set",
            where=name,
            hint=f"export {name}=..., or name another variable under [connections] in jumeau.toml",
        )
    if not value.isprintable():
        raise MissingSecretError(f"{name} holds characters that no header can carry", where=name, hint="set it again")
    return value
