"""The single models by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulate.single.decisions import ASYNC_REPLICATION, OCBA
from simulate.single.maintenance import (
    COMPONENT,
    COMPONENT_RELIABILITY,
    K_OF_N,
    MACHINE_REPAIRMAN,
    SERIES_DETERMINISTIC,
)
from simulate.single.model import Model
from simulate.single.networks import CLOSED_NETWORK, JACKSON_OPEN
from simulate.single.production import SERIAL_LINE, TWO_MACHINE_LINE
from simulate.single.queues import ERLANG_C, MMC, MMC_PRIORITY, MMCK

MODELS: Final[Mapping[str, Model]] = {
    model.name: model
    for model in (
        MMC,
        ERLANG_C,
        MMCK,
        MMC_PRIORITY,
        JACKSON_OPEN,
        CLOSED_NETWORK,
        MACHINE_REPAIRMAN,
        COMPONENT,
        COMPONENT_RELIABILITY,
        K_OF_N,
        SERIES_DETERMINISTIC,
        SERIAL_LINE,
        TWO_MACHINE_LINE,
        OCBA,
        ASYNC_REPLICATION,
    )
}
