"""Queries of every construct that GSQL can say, one a line of `questions.cypher`, and the values of their parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

QUESTIONS = (Path(__file__).parent / "questions.cypher").read_text(encoding="utf-8").splitlines()

PARAMETERS: dict[str, Any] = {
    "ids": ["VirtualMachine-1", "Rack-2", "VirtualMachine-1", "nobody"],
    "months": 3,
    "si": "ServiceInstance-3",
}
