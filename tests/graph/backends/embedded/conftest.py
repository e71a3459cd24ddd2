"""A fresh embedded store for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.backends.embedded.repository import EmbeddedRepository, open_repository
from graph.registry import BackendOptions
from graph.schema.model import Schema

OPTIONS = BackendOptions(buffer_pool_mb=512)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "twin.lbug"


@pytest.fixture
def repository(path: Path, schema: Schema) -> Iterator[EmbeddedRepository]:
    opened = open_repository(f"embedded:{path}", schema, OPTIONS)
    yield opened
    opened.close()
