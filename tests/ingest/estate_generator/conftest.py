"""Small estates, generated once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.estate_generator import EstateSummary, generate_estate
from tests.ingest.estate_generator.written import Written

AS_OF = date(2025, 1, 1)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, EstateSummary]:
    """An estate of 1,500 servers: its folder, and what the generator says it wrote."""
    folder = tmp_path_factory.mktemp("estate")
    return folder, generate_estate(folder, servers=1_500, seed=7, as_of=AS_OF)


@pytest.fixture(scope="session")
def estate(generated: tuple[Path, EstateSummary]) -> Written:
    """What was written, read back."""
    return Written.read(generated[0])
