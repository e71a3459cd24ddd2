"""The policy of a house as data: which models, for whom, and what data of which class may go where.

One YAML file, checked as a whole when it is read: a name that is not known, an action that is none or a key written into it refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import ConfigurationError
from core.sensitive import DataClass, find

DEFAULT: Final = Path(__file__).with_name("policy.yml")
HOUSE: Final = "house"
"""The client of whoever has none."""


class Handling(StrEnum):
    """What happens to data of a class, from the mildest on."""

    ALLOW = "allow"
    MASK = "mask"
    BLOCK = "block"


class Level(StrEnum):
    """How a house stands to a provider. Where one is mandatory, no other is asked."""

    MANDATORY = "mandatory"
    RECOMMENDED = "recommended"
    PERMITTED = "permitted"
    FORBIDDEN = "forbidden"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Part):
    """Of a million tokens, in the policy's currency: that is millionths of it for a token."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)

    def micro(self, tokens_in: int, tokens_out: int) -> int:
        """What these tokens cost, in millionths of the currency, rounded up."""
        return -int(-(tokens_in * self.input + tokens_out * self.output) // 1)


class ProviderPolicy(_Part):
    """One provider: how it is spoken to, where it is, and its models with their prices."""

    kind: Literal["openai", "azure_openai", "bedrock", "vertex"]
    endpoint: str
    level: Level = Level.PERMITTED
    criteria: str = ""  # why it stands at this level
    location: Literal["on_premises", "elsewhere"] = "elsewhere"
    key_env: str | None = None
    secret_env: str | None = None  # the second half of a key (Bedrock)
    api_version: str | None = None  # Azure OpenAI
    region: str | None = None  # Bedrock, Vertex
    project: str | None = None  # Vertex
    ca_file: Path | None = None  # certificate authorities (PEM), in place of the machine's
    models: Mapping[str, Price] = Field(min_length=1)

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("an address such as https://models.example/v1, without a user and without a query")
        return text.rstrip("/")

    @field_validator("key_env", "secret_env")
    @classmethod
    def _is_a_variable(cls, name: str | None) -> str | None:
        if name is not None and (not name.replace("_", "").isalnum() or name != name.upper() or find(name)):
            raise ValueError("the name of an environment variable, never the key itself")
        return name


class ClassPolicy(_Part):
    """What happens to a class, by provider, else by where the provider is."""

    everywhere: Handling | None = None
    on_premises: Handling | None = None
    elsewhere: Handling | None = None
    providers: Mapping[str, Handling] = Field(default_factory=dict)

    def handling(self, name: str, location: str) -> Handling:
        """What happens to it on its way to a provider; what nobody has decided is blocked."""
        here = self.on_premises if location == "on_premises" else self.elsewhere
        return self.providers.get(name) or here or self.everywhere or Handling.BLOCK


class Member(_Part):
    """Where an account belongs."""

    team: str = "unassigned"
    client: str = HOUSE


class ClientPolicy(_Part):
    """What one client allows beyond what the house does."""

    on_premises_only: bool = False
    providers: tuple[str, ...] | None = None


class Policy(_Part):
    """The whole of it. `classes` are those that are detected, and any that a house names itself."""

    version: Literal[1]
    currency: str = "EUR"
    retention_days: int = Field(30, ge=0)
    cache_hours: float = Field(24, ge=0)
    answer_bytes: int = Field(1_000_000, ge=1_000)
    answer_s: float = Field(20, gt=0, le=300)
    classes: Mapping[str, ClassPolicy] = Field(default_factory=dict)
    members: Mapping[str, Member] = Field(default_factory=dict)
    clients: Mapping[str, ClientPolicy] = Field(default_factory=dict)
    providers: Mapping[str, ProviderPolicy] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        named = {name for one in self.clients.values() for name in one.providers or ()}
        named |= {name for one in self.classes.values() for name in one.providers}
        if unknown := sorted(named - self.providers.keys()):
            raise ValueError(f"there is no provider {unknown[0]!r}")
        if missing := [one.value for one in DataClass if one.value not in self.classes]:
            raise ValueError(f"nothing is said of the class {missing[0]!r}")
        return self

    def member(self, account: str) -> Member:
        """Where an account belongs; nobody says so of themselves."""
        return self.members.get(account, Member())

    def handling(self, data_class: str, provider: str) -> Handling:
        """What happens to data of a class on its way to a provider; a class nobody has named is blocked."""
        given = self.classes.get(data_class)
        return Handling.BLOCK if given is None else given.handling(provider, self.providers[provider].location)

    def providers_for(self, client: str, among: frozenset[str] | None) -> list[str]:
        """Those that may be asked for a client, `among` these where a use names some; the recommended first."""
        own = self.clients.get(client, ClientPolicy())
        found = [
            name
            for name, one in self.providers.items()
            if one.level is not Level.FORBIDDEN
            and (among is None or name in among)
            and (own.providers is None or name in own.providers)
            and not (own.on_premises_only and one.location != "on_premises")
        ]
        mandatory = [name for name in found if self.providers[name].level is Level.MANDATORY]
        if mandatory or any(one.level is Level.MANDATORY for one in self.providers.values()):
            return mandatory
        return sorted(found, key=lambda name: self.providers[name].level is not Level.RECOMMENDED)


def read_policy(path: Path | None) -> Policy:
    """The policy of a file, or that of a house without models. Raises ConfigurationError."""
    source = path or DEFAULT
    try:
        content: Any = yaml.safe_load(source.read_text(encoding="utf-8"))
        return Policy.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ConfigurationError(
            f"the policy for models is wrong at {place}: {first['msg']}",
            where=str(source),
            hint="docs/how-to/use-models.md tells its parts",
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is no YAML"
        raise ConfigurationError(
            f"the policy for models cannot be read: {told}", where=str(source), hint="check JUMEAU_MODEL_POLICY"
        ) from None
