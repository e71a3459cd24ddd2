"""Persons behind pseudonyms: one keyed name for each in every source, and the value itself, sealed under a key of its own.

The key of a person is sealed under the twin's secret. Erasure destroys it, and with it the value; what the twin tells keeps the
pseudonym. Who looked behind one, or erased it, and why, is noted in the same transaction.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, Connection, DateTime, Integer, LargeBinary, Table, Text, insert, select, update

from core.clock import Clock, in_utc
from core.errors import ConfigurationError, NotFoundError, UsageError
from graph.history import tables
from graph.history.ledger import Ledger
from graph.schema.values import is_pseudonym

SECRET: Final = "JUMEAU_PERSONAL_SECRET"
REVEALED, ERASED = "revealed", "erased"
_DIGITS: Final = 20  # of a pseudonym, in hexadecimal: 80 bits
_NONCE: Final = 12
_PART: Final = 5_000

subject = Table(
    "subject",
    tables.metadata,
    Column("pseudonym", Text, primary_key=True),
    Column("key", LargeBinary),  # sealed under the twin's secret; none once it is erased
    Column("value", LargeBinary),  # sealed under the key
    Column("source", Text, nullable=False),  # that told it first
    Column("told_at", DateTime(timezone=True), nullable=False),
)

subject_access = Table(
    "subject_access",
    tables.metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("pseudonym", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

personal_secret = Table(
    "personal_secret",
    tables.metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("secret", LargeBinary),  # none where the environment holds it
)


class PersonalSecretError(ConfigurationError):
    """The secret behind the twin's pseudonyms is another one, or is not here."""

    code = "PERSONAL_SECRET"


@dataclass(frozen=True, slots=True)
class Access:
    """That somebody looked behind a pseudonym, or erased what is behind it."""

    at: datetime
    actor: str
    action: str
    pseudonym: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "actor": self.actor,
            "action": self.action,
            "pseudonym": self.pseudonym,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class _Keys:
    """What is derived from the secret: for naming, and for sealing the keys of persons."""

    naming: bytes
    sealing: AESGCM


class Subjects:
    """Names persons and keeps what is behind their names. Not thread-safe.

    `secret` comes from the environment; without one the ledger makes its own and keeps it.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        secret: str | None = None,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._secret = secret
        self._random = random
        self._derived: _Keys | None = None
        self._names: dict[str, str] = {}  # value -> pseudonym
        self._new: dict[str, str] = {}  # pseudonym -> value, not kept yet

    def establish(self) -> None:
        """Take up the twin's secret, or make it the twin's. Raises PersonalSecretError, LedgerError."""
        self._keys()

    def pseudonym(self, value: str) -> str:
        """The pseudonym of a person, the same for every way of writing a value in upper or lower case.

        One that a source made already (`P-` and hexadecimal digits) is left as it is. Raises PersonalSecretError, LedgerError.
        """
        name = self._names.get(value)
        if name is None:
            if is_pseudonym(value):
                name = value
            else:
                plain = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
                digest = hmac.digest(self._keys().naming, plain.encode("utf-8", "backslashreplace"), "sha256")
                name = f"P-{digest.hex()[:_DIGITS]}"
                self._new[name] = value
            self._names[value] = name
        return name

    def keep(self, source: str) -> None:
        """Seal what was named since the last time. Raises LedgerError."""
        if not self._new:
            return
        self._ledger.prepare(subject)
        names = list(self._new)
        with self._ledger.writing() as connection:
            known: set[str] = set()
            for start in range(0, len(names), _PART):
                query = select(subject.c.pseudonym).where(subject.c.pseudonym.in_(names[start : start + _PART]))
                known.update(connection.execute(query).scalars())
            rows = [self._sealed(name, source) for name in names if name not in known]
            if rows:
                connection.execute(insert(subject), rows)
        self._new.clear()

    def reveal(self, pseudonym: str, actor: str, reason: str) -> str:
        """The value behind a pseudonym; that it was looked at is noted. Raises NotFoundError, UsageError, PersonalSecretError."""
        with self._opened(pseudonym, reason) as connection:
            key, value = _row(connection, pseudonym)
            name = pseudonym.encode()
            plain = AESGCM(_open(self._keys().sealing, key, name))
            told = _open(plain, value, name).decode("utf-8", "surrogatepass")
            self._note(connection, actor, REVEALED, pseudonym, reason)
        return told

    def erase(self, pseudonym: str, actor: str, reason: str) -> None:
        """Destroy the key of a person, for good. Raises NotFoundError, UsageError."""
        with self._opened(pseudonym, reason) as connection:
            _row(connection, pseudonym)
            connection.execute(update(subject).where(subject.c.pseudonym == pseudonym).values(key=None, value=None))
            self._note(connection, actor, ERASED, pseudonym, reason)

    def accesses(self) -> list[Access]:
        """Every look and every erasure, oldest first."""
        self._ledger.prepare(subject_access)
        table = subject_access.c
        query = select(table.at, table.actor, table.action, table.pseudonym, table.reason).order_by(table.number)
        with self._ledger.reading() as connection:
            rows: Sequence[Any] = connection.execute(query).all()
        return [Access(in_utc(row.at), row.actor, row.action, row.pseudonym, row.reason) for row in rows]

    def _keys(self) -> _Keys:
        if self._derived is None:
            secret = self._established()
            derive = [
                HKDF(SHA256(), 32, None, purpose).derive(secret) for purpose in (b"jumeau naming", b"jumeau sealing")
            ]
            self._derived = _Keys(derive[0], AESGCM(derive[1]))
        return self._derived

    def _established(self) -> bytes:
        """The twin's secret: the one it was first used with. Raises PersonalSecretError."""
        self._ledger.prepare(personal_secret)
        given = None if self._secret is None else self._secret.encode()
        with self._ledger.writing() as connection:
            row = connection.execute(select(personal_secret)).one_or_none()
            if row is None:
                own = None if given is not None else self._random(32)
                secret = given if given is not None else bytes(own or b"")
                values = {"id": 1, "fingerprint": _fingerprint(secret), "secret": own}
                connection.execute(insert(personal_secret).values(**values))
                return secret
        secret = given if given is not None else row.secret
        if secret is None:
            seen = "the pseudonyms of this twin are made with a secret that is not here"
            raise PersonalSecretError(seen, where=SECRET, hint="set the variable to the secret of this twin")
        if not hmac.compare_digest(_fingerprint(secret), row.fingerprint):
            seen = "the pseudonyms of this twin are made with another secret"
            hint = (
                "set the variable to the secret of this twin" if row.secret is None else "unset it: the ledger has it"
            )
            raise PersonalSecretError(seen, where=SECRET, hint=hint)
        return bytes(secret)

    def _sealed(self, pseudonym: str, source: str) -> dict[str, Any]:
        name = pseudonym.encode()
        key = self._random(32)
        value = self._new[pseudonym].encode("utf-8", "surrogatepass")
        return {
            "pseudonym": pseudonym,
            "key": self._seal(self._keys().sealing, key, name),
            "value": self._seal(AESGCM(key), value, name),
            "source": source,
            "told_at": self._clock.now(),
        }

    def _seal(self, cipher: AESGCM, content: bytes, name: bytes) -> bytes:
        nonce = self._random(_NONCE)
        return nonce + cipher.encrypt(nonce, content, name)

    @contextmanager
    def _opened(self, pseudonym: str, reason: str) -> Iterator[Connection]:
        """A transaction of its own for a look that has a reason."""
        if not reason.strip():
            raise UsageError("a look behind a pseudonym has a reason", where="reason", hint="say what it is for")
        self._keys()  # in a transaction before this one
        for table in (subject, subject_access):
            self._ledger.prepare(table)
        with self._ledger.writing() as connection:
            yield connection

    def _note(self, connection: Connection, actor: str, action: str, pseudonym: str, reason: str) -> None:
        values = {"at": self._clock.now(), "actor": actor, "action": action, "pseudonym": pseudonym, "reason": reason}
        connection.execute(insert(subject_access).values(**values))


def _row(connection: Connection, pseudonym: str) -> tuple[bytes, bytes]:
    """The sealed key and value of a person. Raises NotFoundError."""
    row = connection.execute(
        select(subject.c.key, subject.c.value).where(subject.c.pseudonym == pseudonym)
    ).one_or_none()
    if row is None:
        hint = "pseudonyms that a source made itself are known to that source only"
        raise NotFoundError(f"the twin keeps nothing behind {pseudonym!r}", where="persons", hint=hint)
    if row.key is None:
        hint = "`jumeau person log` says when and why"
        raise NotFoundError(f"what was behind {pseudonym!r} is erased", where="persons", hint=hint)
    return bytes(row.key), bytes(row.value)


def _open(cipher: AESGCM, sealed: bytes, name: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], name)
    except InvalidTag as error:
        seen = f"what is kept behind {name.decode()!r} cannot be opened"
        raise PersonalSecretError(seen, where="persons", hint="restore the ledger: it was changed") from error


def _fingerprint(secret: bytes) -> bytes:
    return hmac.digest(secret, b"jumeau fingerprint", "sha256")
