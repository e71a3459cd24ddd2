"""Calls of models as figures: reserved before they are made, settled after, summed up for whoever pays or looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import orjson
from sqlalchemy import case, func, insert, select, update

from agent.gateway.budgets import Budgets, month_of
from agent.gateway.policy import Member
from agent.gateway.use_cases import UseCase
from core.clock import Clock
from core.errors import NotFoundError, UsageError
from graph.history.ledger import Ledger
from services.model_tables import call, feedback

GROUPS: Final = ("who", "team", "client", "use_case", "stage", "provider", "model", "month")
"""What usage is told by."""
VERDICTS: Final = ("good", "bad")


@dataclass(frozen=True, slots=True)
class Planned:
    """A call that is about to be made, or refused: for whom, to which model, and what was decided of its data."""

    who: str
    member: Member
    use: UseCase
    provider: str
    model: str
    decision: str
    classes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a call came to. `saved_micro` against the dearest model that could have been asked."""

    state: str  # answered, cached, failed, blocked
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micro: int = 0
    saved_micro: int = 0
    duration_ms: int = 0


class Calls:
    """Those of one ledger."""

    def __init__(self, ledger: Ledger, clock: Clock, budgets: Budgets) -> None:
        self._ledger = ledger
        self._clock = clock
        self._budgets = budgets
        for table in (call, feedback):
            ledger.prepare(table)

    def reserve(self, planned: Planned, cost_micro: int) -> str:
        """Note a call with what it may cost at most, if every budget has that left; its id. Raises BudgetExceededError."""
        with self._ledger.writing() as connection:
            member = planned.member
            self._budgets.check(connection, planned.who, member.team, member.client, cost_micro)
            identity, values = self._values(planned, Spent("under way", cost_micro=cost_micro))
            connection.execute(insert(call).values(**values))
        return identity

    def settle(self, identity: str, spent: Spent) -> None:
        """Put what a reserved call came to in place of what it could have."""
        with self._ledger.writing() as connection:
            connection.execute(update(call).where(call.c.id == identity).values(**_figures(spent)))

    def note(self, planned: Planned, spent: Spent) -> str:
        """Note a call that cost nothing: answered from what is kept, or refused."""
        identity, values = self._values(planned, spent)
        with self._ledger.writing() as connection:
            connection.execute(insert(call).values(**values))
        return identity

    def rate(self, identity: str, verdict: str, note: str, *, by: str) -> None:
        """What somebody thinks of an answer; the last word of each counts. Raises UsageError, NotFoundError."""
        if verdict not in VERDICTS:
            raise UsageError(f"{verdict!r} is no verdict", where="verdict", hint=" or ".join(VERDICTS))
        with self._ledger.writing() as connection:
            if connection.execute(select(call.c.id).where(call.c.id == identity)).first() is None:
                raise NotFoundError(
                    f"there is no call {identity!r}", where="calls", hint="jumeau gateway audit names them"
                )
            own = (feedback.c.call == identity) & (feedback.c.who == by)
            values = {"verdict": verdict, "note": note, "at": self._clock.now()}
            if connection.execute(update(feedback).where(own).values(**values)).rowcount == 0:
                connection.execute(insert(feedback).values(call=identity, who=by, **values))

    def usage(self, by: str = "team", *, month: str | None = None, client: str | None = None) -> list[dict[str, Any]]:
        """Figures by one of `GROUPS`; amounts in the policy's currency. `client` limits them to one. Raises UsageError."""
        if by not in GROUPS:
            raise UsageError(f"usage is not told by {by!r}", where="--by", hint=", ".join(GROUPS))
        table = call.c
        group = table[by]
        good = select(func.count()).where(feedback.c.call == table.id, feedback.c.verdict == "good").scalar_subquery()
        bad = select(func.count()).where(feedback.c.call == table.id, feedback.c.verdict == "bad").scalar_subquery()
        query = select(
            group.label("group"),
            func.count().label("calls"),
            *(
                func.sum(case((table.state == one, 1), else_=0)).label(one)
                for one in ("answered", "cached", "failed", "blocked")
            ),
            func.sum(case((table.decision == "mask", 1), else_=0)).label("masked"),
            func.sum(table.tokens_in).label("tokens_in"),
            func.sum(table.tokens_out).label("tokens_out"),
            func.sum(table.cost_micro).label("cost"),
            func.sum(table.saved_micro).label("saved"),
            func.sum(good).label("good"),
            func.sum(bad).label("bad"),
        )
        if month is not None:
            query = query.where(table.month == month)
        if client is not None:
            query = query.where(table.client == client)
        with self._ledger.reading() as connection:
            rows = connection.execute(query.group_by(group).order_by(group)).mappings().all()
        return [_told(dict(row), by) for row in rows]

    def _values(self, planned: Planned, spent: Spent) -> tuple[str, dict[str, Any]]:
        at: datetime = self._clock.now()
        identity = str(uuid4())
        return identity, {
            "id": identity,
            "at": at,
            "month": month_of(at),
            "who": planned.who,
            "team": planned.member.team,
            "client": planned.member.client,
            "use_case": planned.use.name,
            "stage": planned.use.stage.value,
            "provider": planned.provider,
            "model": planned.model,
            "decision": planned.decision,
            "classes": orjson.dumps(dict(planned.classes), option=orjson.OPT_SORT_KEYS).decode(),
            **_figures(spent),
        }


def _figures(spent: Spent) -> dict[str, Any]:
    return {
        "state": spent.state,
        "tokens_in": spent.tokens_in,
        "tokens_out": spent.tokens_out,
        "cost_micro": spent.cost_micro,
        "saved_micro": spent.saved_micro,
        "duration_ms": spent.duration_ms,
    }


def _told(row: dict[str, Any], by: str) -> dict[str, Any]:
    figures = {name: int(value or 0) for name, value in row.items() if name != "group"}
    return {by: row["group"], **figures, "cost": figures["cost"] / 1e6, "saved": figures["saved"] / 1e6}
