"""The register of uses of models: what is not in it, or was not validated by somebody else than who registered it, is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import insert, select, update

from agent.gateway.errors import UseCaseError
from core.clock import Clock, in_utc
from core.errors import NotFoundError, UsageError
from core.principal import Principal
from graph.history.ledger import Ledger
from services.access.names import listed, read, written
from services.access.rights import Action, require
from services.model_tables import use_case

_LONGEST: Final = 64


class Stage(StrEnum):
    """Whether a use is tried out or relied upon; production needs an evaluation."""

    EXPERIMENT = "experiment"
    PRODUCTION = "production"


class UseState(StrEnum):
    """What was decided of a use."""

    REGISTERED = "registered"
    VALIDATED = "validated"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class UseCase:
    """One use of models. `providers` limits it to some; `evaluation` says where its figures are."""

    name: str
    purpose: str
    owner: str
    stage: Stage
    providers: frozenset[str] | None
    evaluation: str
    state: UseState
    registered_by: str
    registered_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "purpose": self.purpose,
            "owner": self.owner,
            "stage": self.stage.value,
            "providers": listed(self.providers),
            "evaluation": self.evaluation,
            "state": self.state.value,
            "registered_by": self.registered_by,
            "registered_at": self.registered_at.isoformat(),
            "decided_by": self.decided_by,
            "decided_at": None if self.decided_at is None else self.decided_at.isoformat(),
            "note": self.note,
        }


class UseCases:
    """Those of one ledger."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        ledger.prepare(use_case)

    def register(
        self,
        name: str,
        purpose: str,
        *,
        owner: str,
        stage: Stage = Stage.EXPERIMENT,
        providers: Iterable[str] | None = None,
        evaluation: str = "",
        principal: Principal,
        by: str,
    ) -> UseCase:
        """Put a use on the register, or change one, which has to be validated again. Raises UsageError, ForbiddenError."""
        require(principal, Action.GOVERN_MODELS)
        if not name or len(name) > _LONGEST or name != name.strip() or not purpose.strip() or not owner.strip():
            raise UsageError(
                "a use has a name, a purpose and an owner",
                where="use case",
                hint=f"names have 1 to {_LONGEST} characters",
            )
        if stage is Stage.PRODUCTION and not evaluation.strip():
            raise UsageError(
                "a use in production has an evaluation",
                where="evaluation",
                hint="say where its figures are: a file, a page",
            )
        values = {
            "purpose": purpose,
            "owner": owner,
            "stage": stage.value,
            "providers": written(providers),
            "evaluation": evaluation,
            "state": UseState.REGISTERED.value,
            "registered_by": by,
            "registered_at": self._clock.now(),
            "decided_by": None,
            "decided_at": None,
            "note": "",
        }
        with self._ledger.writing() as connection:
            found = connection.execute(select(use_case.c.name).where(use_case.c.name == name)).first()
            statement = (
                insert(use_case).values(name=name) if found is None else update(use_case).where(use_case.c.name == name)
            )
            connection.execute(statement.values(**values))
        return self.get(name)

    def validate(self, name: str, note: str = "", *, principal: Principal, by: str) -> UseCase:
        """Let a use be used; somebody else than who registered it does. Raises NotFoundError, ForbiddenError, UseCaseError."""
        require(principal, Action.GOVERN_MODELS)
        found = self.get(name)
        if found.registered_by == by:
            raise UseCaseError(
                f"{by} has registered the use {name!r}", where="use case", hint="somebody else has to validate it"
            )
        return self._decide(found, UseState.VALIDATED, note, by)

    def suspend(self, name: str, note: str, *, principal: Principal, by: str) -> UseCase:
        """Stop a use at once, with a reason. Raises NotFoundError, UsageError, ForbiddenError."""
        require(principal, Action.GOVERN_MODELS)
        if not note.strip():
            raise UsageError("a use is suspended for a reason", where="note", hint="say what is wrong with it")
        return self._decide(self.get(name), UseState.SUSPENDED, note, by)

    def get(self, name: str) -> UseCase:
        """Raises NotFoundError."""
        with self._ledger.reading() as connection:
            row = connection.execute(select(use_case).where(use_case.c.name == name)).one_or_none()
        if row is None:
            raise NotFoundError(
                f"there is no use {name!r} on the register", where="use cases", hint="jumeau gateway use-cases list"
            )
        return _use_case(row)

    def all(self) -> list[UseCase]:
        """All of them, by name."""
        with self._ledger.reading() as connection:
            return [_use_case(row) for row in connection.execute(select(use_case).order_by(use_case.c.name))]

    def allowed(self, name: str) -> UseCase:
        """The use, if models may be asked for it. Raises UseCaseError."""
        try:
            found = self.get(name)
        except NotFoundError:
            raise UseCaseError(
                f"nobody has registered the use {name!r}",
                where="use cases",
                hint=f"jumeau gateway use-cases register {name} PURPOSE --owner WHO",
            ) from None
        if found.state is not UseState.VALIDATED:
            raise UseCaseError(
                f"the use {name!r} is {found.state.value}, not validated",
                where="use cases",
                hint=f"jumeau gateway use-cases validate {name}, by somebody else than {found.registered_by}",
            )
        return found

    def _decide(self, found: UseCase, state: UseState, note: str, by: str) -> UseCase:
        values = {"state": state.value, "decided_by": by, "decided_at": self._clock.now(), "note": note}
        with self._ledger.writing() as connection:
            connection.execute(update(use_case).where(use_case.c.name == found.name).values(**values))
        return self.get(found.name)


def _use_case(row: Any) -> UseCase:
    return UseCase(
        row.name,
        row.purpose,
        row.owner,
        Stage(row.stage),
        read(row.providers),
        row.evaluation,
        UseState(row.state),
        row.registered_by,
        in_utc(row.registered_at),
        row.decided_by,
        None if row.decided_at is None else in_utc(row.decided_at),
        row.note,
    )
