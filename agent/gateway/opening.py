"""The gateway of an installation: its policy, its adapters, its registers. The only place that gives anybody models."""

from __future__ import annotations

import os

from agent.gateway.gateway import Gateway
from agent.gateway.policy import read_policy
from agent.models.adapters import Adapters
from core.clock import Clock
from core.outbound import networks
from core.settings import Settings
from graph.history.ledger import Ledger
from services.audit.recorder import Recorder


def open_gateway(settings: Settings, ledger: Ledger, clock: Clock, recorder: Recorder) -> Gateway:
    """The gateway as the settings say. Nothing is imported or connected to before a model is asked. Raises ConfigurationError."""
    policy = read_policy(settings.model_policy)
    adapters = Adapters(policy, os.environ, networks(settings.allowed_networks))
    return Gateway(policy, adapters, ledger, clock, recorder, settings.actor)
