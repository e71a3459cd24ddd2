"""How far a scorecard looks back."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.health.scorecard import Dimension
from core.errors import UsageError
from core.settings import load_settings
from services.health import MOST_DAYS, HealthService
from services.twin import open_twin


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1, 69365691846538680])
def test_a_trend_over_no_days_or_beyond_the_calendar_is_refused(tmp_path: Path, days: int) -> None:
    with open_twin(load_settings(home=tmp_path, backend="networkx", now="2025-01-01")) as twin:
        with pytest.raises(UsageError) as refused:
            HealthService(twin).scorecard(Dimension.TEAM, trend_days=days)
        assert str(MOST_DAYS) in str(refused.value.to_dict())
