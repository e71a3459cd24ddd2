"""Settings: one prefix `JUMEAU_`, then `jumeau.toml`, then defaults. Secrets come from the environment only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.errors import ConfigurationError
from core.oidc_settings import OidcSettings
from core.outbound import networks


def _networks(given: Any) -> Any:
    """Networks as a list, or as one text with commas. Raises ValueError for what is none."""
    if isinstance(given, str):
        given = [part.strip() for part in given.strip().strip("[]").split(",") if part.strip()]
    texts = tuple(str(part).strip().strip("\"'") for part in given)
    networks(texts)
    return texts


class QuerySettings(BaseModel):
    """One query of a monitoring system: `[connections.prometheus.queries.NAME]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str = Field(description="PromQL; every series of its answer becomes a sample.")
    unit: str | None = Field(None, description="Unit of the values.")
    host_label: str = Field("instance", description="The label that names the host; a port behind it is left out.")
    over_s: int | None = Field(
        None, ge=1, description="Ask for this long a time up to now, in seconds. Default: now only."
    )
    step_s: int | None = Field(
        None, ge=1, description="Seconds between two values of that time. Default: a sixtieth of it."
    )


class ConnectionSettings(BaseModel):
    """How a source's API is reached: `[connections.SOURCE]` in jumeau.toml. Secrets are named by their variables, never given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(None, description="Base URL; https, or http on this machine.")
    token_env: str | None = Field(None, description="Name of the environment variable that holds a token.")
    token_scheme: str | None = Field(
        None, description="How the token is sent: `Bearer` or `Token`. Default: the API's way."
    )
    user_env: str | None = Field(None, description="Name of the environment variable that holds a user.")
    password_env: str | None = Field(None, description="Name of the environment variable that holds a password.")
    ca_file: Path | None = Field(None, description="Certificate authorities (PEM), in place of the machine's.")
    page_records: int | None = Field(None, ge=1, le=10_000, description="Records per page. Default: the connector's.")
    silence_s: float = Field(30.0, gt=0, description="Longest pause within an answer, in seconds.")
    answer_s: float = Field(300.0, gt=0, description="Longest time of an answer in all, in seconds.")
    tables: tuple[str, ...] = Field((), description="Tables to read. Default: all.")
    queries: dict[str, QuerySettings] = Field(
        default_factory=dict, description="Queries of a monitoring system, by name."
    )


class Settings(BaseSettings):
    """Everything that an installation may set. Each field is documented in docs/reference/settings.md (generated)."""

    model_config = SettingsConfigDict(env_prefix="JUMEAU_", toml_file="jumeau.toml", extra="forbid", frozen=True)

    home: Path = Field(Path("var"), description="Directory of the twin: the ledger and the embedded store live here.")
    ledger: str | None = Field(
        None, description="SQLAlchemy URL of the ledger (sqlite or postgresql+psycopg). Default: ledger.db in `home`."
    )
    backend: str = Field(
        "embedded",
        description="URL of the graph backend: `embedded` (in `home`), `embedded:PATH`, `networkx`, `neo4j://...`.",
    )
    pack: str = Field("it_estate", description="Schema pack: a name under graph/schema/packs or a directory.")
    now: str | None = Field(
        None, description="Freezes 'today' (ISO 8601 date or instant); default: the machine's clock."
    )
    actor: str = Field("operator", description="Who is recorded in the ledger as the author of a change.")
    data: Path = Field(Path("../shared/data"), description="Directory of the public data that tests and benches read.")
    host: str = Field("127.0.0.1", description="Address that `jumeau serve` listens on.")
    access: str = Field(
        "open",
        pattern="^(open|accounts)$",
        description="`open`: whoever reaches the address asks as the operator, on loopback only; `accounts`: people sign in.",
    )
    read_only: bool = Field(
        False,
        description="Whether this installation only answers: whatever would change the twin, its accounts or rules, or send something "
        "out, is hidden and refused at every door.",
    )
    oidc: OidcSettings | None = Field(
        None,
        description="A provider of OpenID Connect at which people sign in, beside local accounts: `[oidc]`, see below.",
    )
    audit_days: int | None = Field(
        None, ge=1, description="How long entries of the audit trail are kept, in days. Default: for ever."
    )
    audit_text: bool = Field(
        False, description="Whether the audit trail keeps the text of questions beside its SHA-256."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port that `jumeau serve` listens on; 0 takes a free one.")
    stop_s: float = Field(
        25.0,
        ge=1,
        description="Longest time that `jumeau serve` takes to stop, in seconds: requests under way have four fifths of it; "
        "after all of it the process ends as if it were killed.",
    )
    drain_s: float = Field(
        0.0,
        ge=0,
        description="How long `jumeau serve` goes on taking requests once it is told to stop, in seconds, saying meanwhile that it is "
        "not ready (`/health/ready`): time for load balancers to see it. A second signal ends it.",
    )
    requests_at_once: int = Field(
        4,
        ge=1,
        le=32,
        description="Requests that are worked on at a time, a quarter of four or more kept from any one asker. More "
        "make each of them slower sooner than they make more of them done.",
    )
    requests_waiting: int = Field(
        64,
        ge=0,
        description="Requests that may wait for their turn beside; one more is refused with 503 and `Retry-After`.",
    )
    requests_per_asker: int = Field(
        48,
        ge=1,
        description="Requests that one asker may have under way or waiting; one more is refused with 429 and `Retry-After`. "
        "Whoever shows no credential that was good before is known by the address.",
    )
    request_wait_s: float = Field(
        5.0,
        gt=0,
        description="Longest time that a request waits for its turn, in seconds; then it is refused with 503.",
    )
    refused_per_minute: int = Field(
        300,
        ge=1,
        description="Requests with no credential, or a wrong one, that one address may make in a minute; more are refused with 429 and "
        "`Retry-After` before anything is looked up. Whoever shows one that was good before is not counted.",
    )
    requests_per_minute: int = Field(
        6_000,
        ge=1,
        description="Requests that one account may make in a minute, with all its tokens, operations over websockets among them; more "
        "are refused with 429 and `Retry-After` before anybody is looked up. Counted in each server apart.",
    )
    work_s_per_minute: float = Field(
        120.0,
        gt=0,
        description="Seconds that the server works for one account in a minute, several requests at a time added up; what is asked "
        "beyond is refused with 429 and `Retry-After`. The default is two requests at a time without a pause.",
    )
    query_timeout_s: float = Field(30.0, gt=0, description="Longest time a query may run, in seconds.")
    query_memory_mb: int = Field(
        512,
        gt=0,
        description="Memory that a query may keep while our executor runs it, in MiB; beyond it, it is refused.",
    )
    query_cost_limit: float = Field(
        100_000_000,
        gt=0,
        description="Rows and relations that a query may be expected to visit, estimated from the counts of the store; "
        "a query beyond it is refused before it runs, naming its costly part.",
    )
    row_cap: int = Field(10_000, gt=0, description="Most rows an answer may hold; a cut is reported as `truncated`.")
    export_row_cap: int = Field(
        1_000_000,
        gt=0,
        description="Most rows of an export, for those who may export beyond `row_cap`; never less than it.",
    )
    exports_at_once: int = Field(
        4,
        gt=0,
        description="Exports that may be under way at a time; each may hold a reader of the store, or a transaction.",
    )
    export_timeout_s: float = Field(
        600.0, gt=0, description="Longest time of an export, in seconds, that of a slow reader included."
    )
    default_hops: int = Field(8, ge=1, le=30, description="Upper bound given to a variable-length pattern without one.")
    graphql_depth: int = Field(
        32, ge=1, description="GraphQL: fields within one another; eight nested lists through `edges` need 26."
    )
    graphql_fields: int = Field(2_000, ge=1, description="GraphQL: fields of an operation, its fragments expanded.")
    graphql_aliases: int = Field(100, ge=0, description="GraphQL: aliases of an operation, its fragments expanded.")
    graphql_root_fields: int = Field(20, ge=1, description="GraphQL: fields of an operation at its root.")
    graphql_operations: int = Field(10, ge=1, description="GraphQL: operations in one document; one of them runs.")
    graphql_directives: int = Field(100, ge=0, description="GraphQL: directives in one document.")
    graphql_tokens: int = Field(10_000, ge=1, description="GraphQL: tokens of a document.")
    graphql_document_bytes: int = Field(100_000, ge=1, description="GraphQL: bytes of a document.")
    graphql_variables_bytes: int = Field(250_000, ge=1, description="GraphQL: bytes of all variables, as JSON.")
    graphql_variables_depth: int = Field(16, ge=1, description="GraphQL: lists and objects within one another.")
    graphql_body_bytes: int = Field(
        1_000_000,
        ge=1,
        description="Bytes of a request's body at any door, or of a message. Uploads have bounds of their own.",
    )
    graphql_nodes: int = Field(
        1_000_000,
        ge=1,
        description="GraphQL: nodes that all lists of a request may give: page sizes multiplied along nested lists; a nested "
        "list without `first` counts as the mean number of its relations, and what a walk reaches as it is expected, whatever "
        "its page, unless it is counted alone.",
    )
    graphql_time_s: float = Field(
        30.0, gt=0, description="GraphQL: longest time of a request over all its fields, in seconds."
    )
    graphql_introspection: str = Field(
        "signed_in",
        pattern="^(signed_in|closed)$",
        description="GraphQL: who may ask for the schema: `signed_in`, all who may ask anything; `closed`, nobody.",
    )
    graphql_persisted_bytes: int = Field(
        10_000_000, ge=0, description="GraphQL: bytes of documents that are kept to be asked for by their hash."
    )
    graphql_documents: Path | None = Field(
        None, description="GraphQL: file of registered documents, a JSON object of SHA-256 to text."
    )
    graphql_registered_only: bool = Field(
        False,
        description="Answer registered GraphQL documents only, but to those with the right `query_freely`; no other Cypher "
        "either.",
    )
    allowed_origins: tuple[Annotated[str, Field(pattern=r"^https?://[^/*\s]+$")], ...] = Field(
        (),
        description='Origins of other sites whose pages may ask, as a JSON list: `["https://portal.example"]`. Default: none.',
    )
    allowed_networks: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_networks)] = Field(
        (),
        description="Networks beyond the public ones that connectors and webhooks may connect to, with commas between: "
        "`10.20.0.0/16, fd12::/16`. Default: none, neither this machine nor private ranges.",
    )
    webhook_timeout_s: float = Field(
        10.0, gt=0, le=120, description="Longest time that the receiver of a webhook may take, in seconds."
    )
    webhook_failures: int = Field(
        12, ge=1, description="Deliveries in a row that may fail before a webhook is paused; waits between them double."
    )
    webhook_body_bytes: int = Field(
        256 * 1024, ge=4_096, description="Most bytes of one message of a webhook; more is told in several."
    )
    subscription_backlog: int = Field(
        100_000,
        ge=1,
        description="Events that a subscription may be behind the ledger; beyond, it is ended and told its place.",
    )
    subscription_recheck_s: float = Field(
        30.0, gt=0, description="Longest time in which the token of a subscription is looked up again, in seconds."
    )
    subscriptions_per_connection: int = Field(20, ge=1, description="Operations that one websocket may have going.")
    connections_per_account: int = Field(
        32, ge=1, description="Websockets, and event streams of jobs, that one asker may have open."
    )
    upload_file_bytes: int = Field(2 * 2**30, ge=1, description="Bytes of one file that is uploaded.")
    upload_files: int = Field(500, ge=1, description="Files of one upload.")
    upload_job_bytes: int = Field(8 * 2**30, ge=1, description="Bytes of all files of one upload.")
    upload_spool_bytes: int = Field(
        32 * 2**30,
        ge=1,
        description="Bytes of all uploads that lie in `home` at a time: files go when they are loaded.",
    )
    upload_silence_s: float = Field(
        30.0, gt=0, description="Longest pause within an upload, in seconds; it is then broken off."
    )
    upload_jobs_open: int = Field(50, ge=1, description="Uploads that may be open, not yet started, at a time.")
    upload_jobs_waiting: int = Field(10, ge=1, description="Uploads that may wait for others that are being loaded.")
    upload_jobs_at_once: int = Field(
        1, ge=1, description="Uploads that are loaded at a time, each in a process of its own; never two of one source."
    )
    upload_days: float = Field(
        7.0,
        gt=0,
        description="How long an upload that ended is listed, and its files kept where it could be started again, in days. One "
        "that nobody touches while it is open goes after one day.",
    )
    simulation_runs_kept: int = Field(
        20, ge=1, description="Simulation runs that the twin keeps; where another one comes, the oldest goes."
    )
    simulation_jobs_at_once: int = Field(
        1, ge=1, description="Simulations over HTTP that are played at a time, each in a process of its own."
    )
    simulation_jobs_waiting: int = Field(
        10, ge=1, description="Simulations over HTTP that may wait; one more is refused with 429 and `Retry-After`."
    )
    simulation_processes: int = Field(
        1, ge=1, le=64, description="Processes that play one simulation over HTTP; the result is the same."
    )
    simulation_days: float = Field(
        7.0, gt=0, description="How long a simulation over HTTP is listed once it has ended, in days; kept runs stay."
    )
    simulation_time_s: float = Field(
        3_600.0,
        gt=0,
        description="Longest time that a simulation over HTTP plays, in seconds: what is finished by then counts.",
    )
    simulation_replications: int = Field(
        100_000, ge=2, description="Most replications of a simulation over HTTP, all its scenarios together."
    )
    simulation_events: float = Field(
        10_000_000_000,
        gt=0,
        description="Events that a simulation over HTTP or by a tool may be expected to have in all its replications; beyond, "
        "it is refused before it is played.",
    )
    simulation_elements: int = Field(
        5_000_000,
        ge=1,
        description="Items and relations of the estate that a simulation over HTTP or by a tool may read.",
    )
    batch_rows: int = Field(5_000, ge=1, description="Rows per ledger batch, the unit that is committed or not at all.")
    buffer_pool_mb: int = Field(
        512, ge=512, description="Memory that the embedded store may keep pages in, in MiB; bulk loads need 512."
    )
    neo4j_user: str = Field("neo4j", description="User of the Neo4j backend.")
    neo4j_password: str | None = Field(None, description="Password of the Neo4j backend; environment only.", repr=False)
    personal_secret: str | None = Field(
        None,
        min_length=16,
        description="What the pseudonyms of persons are made and sealed with; environment only. Default: the ledger's own.",
        repr=False,
    )
    connections: dict[str, ConnectionSettings] = Field(
        default_factory=dict,
        description="APIs of sources, by source: `[connections.netbox]` with `url`, `token_env` (the name of the variable that "
        "holds the token) and others, listed below.",
    )
    model_policy: Path | None = Field(
        None,
        description="The policy for models, a YAML file: providers, prices, which data may go where, how long anything is kept. "
        "Default: no model is asked.",
    )
    metrics_token: str | None = Field(
        None,
        min_length=16,
        description="What a scraper shows as `Authorization: Bearer` to read /metrics; environment only. Without it, only those who "
        "may maintain the whole twin read them.",
        repr=False,
    )
    traces: bool | None = Field(
        None,
        description="Whether OpenTelemetry traces are sent (OTLP over HTTP, as the variables `OTEL_*` say; extra `traces`). "
        "Default: where OTEL_EXPORTER_OTLP_ENDPOINT is set.",
    )
    log_level: str = Field("WARNING", description="Least severe level that is logged (DEBUG, INFO, WARNING, ERROR).")
    log_format: str = Field("text", pattern="^(text|json)$", description="`text` for people, `json` for collectors.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SettingsFile(settings_cls)

    @property
    def ledger_url(self) -> str:
        """The ledger's URL, with the default resolved inside `home`."""
        return self.ledger or f"sqlite:///{(self.home / 'ledger.db').absolute()}"

    @property
    def backend_url(self) -> str:
        """The backend's URL, with `embedded` resolved inside `home`."""
        return f"embedded:{(self.home / 'twin.lbug').absolute()}" if self.backend == "embedded" else self.backend


class _SettingsFile(TomlConfigSettingsSource):
    """`jumeau.toml`, which is read by more people than the environment of a process: a secret in it is refused."""

    def __call__(self) -> dict[str, Any]:
        found = super().__call__()
        for name, field in self.settings_cls.model_fields.items():
            if name in found and not field.repr:
                raise ConfigurationError(
                    f"setting {name!r}: a secret is given in a file",
                    where="jumeau.toml",
                    hint=f"take it out of the file and set JUMEAU_{name.upper()} in the environment",
                )
        return found


def load_settings(**overrides: object) -> Settings:
    """The settings of this process; `overrides` (from command-line options) win. Raises ConfigurationError."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]) or "settings"
        raise ConfigurationError(
            f"setting {name!r}: {first['msg']}",
            where=f"JUMEAU_{name.upper()} or jumeau.toml",
            hint="see docs/reference/settings.md for names, types and defaults",
        ) from error
