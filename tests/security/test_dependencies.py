"""What is installed is what the lock says, file by file, under licences that were looked at.

Not the audit for known vulnerabilities: that needs a database of advisories (`make audit`). It is what can be held without one:
nothing comes in that is not pinned and hashed, and no licence that nobody has agreed to.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from tests.conftest import ROOT

ALLOWED = re.compile(
    r"MIT|BSD|Apache|MPL|Mozilla Public License|PSF|Python Software Foundation|Python-2\.0|ISC|Zlib|CC0|0BSD|LGPL",
    re.IGNORECASE,
)
"""Permissive ones, and those that ask for changes to the library itself alone."""
REFUSED = re.compile(r"(?<!L)A?GPL|SSPL|BUSL|Commons Clause|non.?commercial", re.IGNORECASE)
ELSEWHERE = frozenset({"colorama", "pywin32"})
"""Requirements of another operating system."""


def _requirements() -> dict[str, str]:
    """Each requirement of the lock, by name, as written: the pin and its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return {re.split(r"[=\[ ;@]", line)[0].lower(): line for line in lines}


REQUIREMENTS = _requirements()


def test_the_lock_is_read() -> None:
    assert len(REQUIREMENTS) > 100
    assert {"fastapi", "sqlalchemy", "pytest"} <= REQUIREMENTS.keys()


def test_every_requirement_is_one_version_with_the_digests_of_its_files() -> None:
    pinned = re.compile(r"[\w.\-\[\],]+==[\w.!+]+( ;[^-]*)?( --hash=sha256:[0-9a-f]{64})+")
    wrong = [line[:80] for line in REQUIREMENTS.values() if not pinned.fullmatch(re.sub(r"\s+", " ", line))]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(REQUIREMENTS.keys() - ELSEWHERE))
def test_a_requirement_is_under_a_licence_that_is_allowed(name: str) -> None:
    try:
        told = metadata(name)
    except PackageNotFoundError:
        pytest.skip("not installed here")
    classifiers = [c for c in told.get_all("Classifier") or () if c.startswith("License ::")]

    def field(name: str) -> str:
        return " ".join(told.get_all(name) or ())

    licence = " ".join([field("License-Expression"), *classifiers]).strip() or field("License")[:200]
    assert ALLOWED.search(licence), licence
    assert not REFUSED.search(licence.replace("Lesser General Public License", "LGPL")), licence
