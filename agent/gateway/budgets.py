"""Budgets of a calendar month (UTC) for users, teams and clients: what is spent, what will be, and where calls stop."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from agent.gateway.errors import BudgetExceededError
from core.clock import Clock
from core.errors import NotFoundError, UsageError
from core.principal import Principal
from graph.history.ledger import Ledger
from services.access.rights import Action, require
from services.model_tables import budget, call

_LEAST_ELAPSED: Final = timedelta(days=1)
"""A forecast from less than a day would multiply one call by thirty or more hours' worth of chance."""


class Scope(StrEnum):
    """Whom a budget is for."""

    USER = "user"
    TEAM = "team"
    CLIENT = "client"


_COLUMN: Final = {Scope.USER: call.c.who, Scope.TEAM: call.c.team, Scope.CLIENT: call.c.client}


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget and where it stands. Amounts in millionths of the policy's currency.

    `forecast_micro` is what the month comes to at the pace so far; `spent_on` the day on which the budget is then spent, None
    for not within this month.
    """

    scope: Scope
    name: str
    monthly_micro: int
    spent_micro: int
    forecast_micro: int
    spent_on: datetime | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "scope": self.scope.value,
            "name": self.name,
            "monthly": self.monthly_micro / 1e6,
            "spent": self.spent_micro / 1e6,
            "left": max(0, self.monthly_micro - self.spent_micro) / 1e6,
            "forecast": self.forecast_micro / 1e6,
            "spent_on": None if self.spent_on is None else self.spent_on.date().isoformat(),
            "stopped": self.spent_micro >= self.monthly_micro,
        }


def month_of(instant: datetime) -> str:
    """The month of an instant, as calls hold it."""
    return instant.astimezone(UTC).strftime("%Y-%m")


class Budgets:
    """Those of one ledger."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        for table in (budget, call):
            ledger.prepare(table)

    def set(self, scope: Scope, name: str, monthly: float, *, principal: Principal, by: str) -> Budget:
        """Give somebody a budget a month, in the policy's currency; 0 stops them. Raises UsageError, ForbiddenError."""
        require(principal, Action.GOVERN_MODELS)
        if not name.strip() or not 0 <= monthly < 1e12:
            raise UsageError("a budget has a name and an amount from 0 on", where="budget", hint="--monthly 50")
        values = {"monthly_micro": round(monthly * 1e6), "set_by": by, "set_at": self._clock.now()}
        with self._ledger.writing() as connection:
            connection.execute(delete(budget).where(budget.c.scope == scope.value, budget.c.name == name))
            connection.execute(insert(budget).values(scope=scope.value, name=name, **values))
        return next(one for one in self.all() if (one.scope, one.name) == (scope, name))

    def drop(self, scope: Scope, name: str, *, principal: Principal) -> None:
        """Take a budget away; nothing limits them then. Raises NotFoundError, ForbiddenError."""
        require(principal, Action.GOVERN_MODELS)
        with self._ledger.writing() as connection:
            gone = connection.execute(delete(budget).where(budget.c.scope == scope.value, budget.c.name == name))
            if gone.rowcount == 0:
                raise NotFoundError(f"{scope.value} {name!r} has no budget", where="budgets", hint="list them")

    def all(self) -> list[Budget]:
        """All of them, with what this month has brought."""
        now = self._clock.now()
        with self._ledger.reading() as connection:
            rows = connection.execute(select(budget).order_by(budget.c.scope, budget.c.name)).all()
            return [
                _standing(
                    Scope(row.scope),
                    row.name,
                    row.monthly_micro,
                    _spent(connection, Scope(row.scope), row.name, now),
                    now,
                )
                for row in rows
            ]

    def check(self, connection: Connection, who: str, team: str, client: str, cost_micro: int) -> None:
        """Refuse a call that may cost this much where a budget has less left. Within the transaction that reserves it.

        Raises BudgetExceededError.
        """
        now = self._clock.now()
        for scope, name in ((Scope.USER, who), (Scope.TEAM, team), (Scope.CLIENT, client)):
            query = select(budget.c.monthly_micro).where(budget.c.scope == scope.value, budget.c.name == name)
            monthly = connection.execute(query).scalar()
            if monthly is None:
                continue
            left = int(monthly) - _spent(connection, scope, name, now)
            if left <= 0 or cost_micro > left:
                raise BudgetExceededError(
                    f"the budget of {scope.value} {name!r} for {month_of(now)} has {max(0, left) / 1e6:.6f} left, and the call "
                    f"may cost {cost_micro / 1e6:.6f}",
                    where="budgets",
                    hint="jumeau gateway budgets set, by who governs models; or wait for the next month",
                    details={"scope": scope.value, "left_micro": max(0, left), "needed_micro": cost_micro},
                )


def _spent(connection: Connection, scope: Scope, name: str, now: datetime) -> int:
    """What the month has cost so far, calls under way with what they may cost at most."""
    query = select(func.coalesce(func.sum(call.c.cost_micro), 0))
    return int(connection.execute(query.where(call.c.month == month_of(now), _COLUMN[scope] == name)).scalar_one())


def _standing(scope: Scope, name: str, monthly: int, spent: int, now: datetime) -> Budget:
    moment = now.astimezone(UTC)
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    whole = timedelta(days=monthrange(moment.year, moment.month)[1])
    elapsed = max(moment - first, _LEAST_ELAPSED)
    forecast = max(spent, round(spent * (whole / elapsed)))
    spent_on: datetime | None = None
    if spent >= monthly:
        spent_on = moment
    elif forecast > monthly:
        spent_on = max(moment, first + elapsed * (monthly / spent))
    return Budget(scope, name, monthly, spent, forecast, spent_on)
