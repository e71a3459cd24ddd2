"""Which branches somebody knows of: from whom something is hidden, those that they began; everybody else, all.

Of a branch that is not told of, the same is said as of one that is not there, whichever door asks.
"""

from __future__ import annotations

from core.errors import NotFoundError
from core.principal import LOCAL_OPERATOR, Principal
from core.settings import Settings
from graph.history.branches import Branch, Branches


def author_of(principal: Principal, settings: Settings) -> str:
    """The name that stands by what a principal writes: at this machine, where nobody shows a token, that of the settings."""
    is_operator = principal.id == LOCAL_OPERATOR.id and principal.token is None
    return settings.actor if is_operator else principal.id


def limit_of(principal: Principal, settings: Settings) -> str | None:
    """Whose branches a principal knows of; None for everybody's."""
    return author_of(principal, settings) if principal.restricted else None


def known_branch(branches: Branches, name: str, begun_by: str | None) -> Branch:
    """The branch of that name, where `begun_by` began it; None for whoever began it. Raises NotFoundError."""
    branch = branches.get(name)
    if begun_by is not None and branch.actor != begun_by:
        raise no_branch(name)
    return branch


def no_branch(name: str) -> NotFoundError:
    """What is said of a branch that is not there, and of one that is not told of."""
    return NotFoundError(f"no branch is called {name!r}", where="branch", hint="`jumeau branch list`")
