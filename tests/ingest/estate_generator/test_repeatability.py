"""The same arguments give the same bytes, in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from core.errors import UsageError
from ingest.estate_generator import ExportWriteError, generate_estate
from tests.ingest.estate_generator.written import Written, digest

_PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from ingest.estate_generator import generate_estate
generate_estate(Path(sys.argv[1]), servers=300, seed=11, as_of=date(2025, 1, 1))
"""


def test_two_runs_with_the_same_seed_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate_estate(tmp_path / name, servers=300, seed=11)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_a_process_that_hashes_otherwise_writes_the_same_bytes(tmp_path: Path, hash_seed: str) -> None:
    generate_estate(tmp_path / "here", servers=300, seed=11)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", _PROGRAM, str(tmp_path / "there")], check=True, env=environment)
    assert digest(tmp_path / "here") == digest(tmp_path / "there")


def test_another_seed_writes_another_estate_of_the_same_size(tmp_path: Path) -> None:
    one = generate_estate(tmp_path / "one", servers=300, seed=1)
    two = generate_estate(tmp_path / "two", servers=300, seed=2)
    assert digest(tmp_path / "one") != digest(tmp_path / "two")
    assert one.nodes["VirtualMachine"] == two.nodes["VirtualMachine"]
    assert one.nodes["Incident"] == two.nodes["Incident"]


def test_a_smaller_estate_written_over_a_larger_one_leaves_nothing_of_it(tmp_path: Path) -> None:
    generate_estate(tmp_path / "both", servers=400, seed=3)
    generate_estate(tmp_path / "both", servers=100, seed=3)
    generate_estate(tmp_path / "small", servers=100, seed=3)
    assert digest(tmp_path / "both") == digest(tmp_path / "small")


def test_another_day_gives_an_estate_of_that_day(tmp_path: Path) -> None:
    generate_estate(tmp_path, servers=100, seed=3, as_of=date(2023, 6, 30))
    opened = [row["opened_at"] for row in Written.read(tmp_path).nodes["Incident"]]
    assert max(opened) < "2023-06-30"
    assert min(opened) >= "2021-06-30"


def test_an_estate_that_is_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too small"):
        generate_estate(tmp_path / "out", servers=10)
    assert not (tmp_path / "out").exists()


def test_a_day_before_the_software_was_released_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no version of"):
        generate_estate(tmp_path, servers=100, as_of=date(2012, 1, 1))


def test_a_file_in_the_place_of_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ExportWriteError) as refused:
        generate_estate(tmp_path / "taken", servers=100)
    assert refused.value.code == "EXPORT_NOT_WRITTEN"
    assert "taken" in (refused.value.where or "")


def test_progress_tells_sections_with_the_elements_so_far(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    summary = generate_estate(tmp_path, servers=100, progress=lambda section, n: told.append((section, n)))
    assert [section for section, _ in told][:2] == ["organisation", "software"]
    assert [n for _, n in told] == sorted(n for _, n in told)
    assert told[-1][1] == summary.elements
