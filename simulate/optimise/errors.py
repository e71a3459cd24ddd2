"""What the choice of investments refuses."""

from __future__ import annotations

from simulate.errors import SimulationError


class InvestmentError(SimulationError):
    """Investments, a budget or an objective that make no sense; `where` names the place in the file."""

    code = "INVESTMENT"
