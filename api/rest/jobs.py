"""What answers tell of jobs of every sort."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class JobErrorModel(BaseModel):
    """What a job failed with, in the form of every error."""

    code: str
    message: str
    where: str | None
    hint: str | None
    details: dict[str, Any]
