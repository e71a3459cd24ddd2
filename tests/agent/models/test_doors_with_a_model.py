"""The doors of questions ask for a second opinion where the settings name a policy for models, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agent.gateway.use_cases import UseCases
from agent.models.second_opinion import SecondOpinion
from agent.opening import Asks
from core.principal import LOCAL_OPERATOR
from services.audit.recorder import Recorder
from services.audit.trail import Trail
from services.catalogue import CatalogueService
from services.moments import MomentService
from services.query import QueryService
from services.twin import Twin
from tests.agent.gateway.house import POLICY
from tests.agent.models.double import Double
from tests.agent.models.test_producer import filled, with_kind
from tests.agent.models.test_road_with_a_model import QUESTION, servers, twin

__all__ = ["twin"]


def test_a_policy_in_the_settings_brings_a_second_opinion_to_the_doors(
    twin: Twin, double: Double, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(POLICY.replace("http://127.0.0.1:1/v1", f"{double.url}/v1"), encoding="utf-8")
    uses = UseCases(twin.ledger, twin.clock)
    uses.register("questions", "plain words", owner="ana", principal=LOCAL_OPERATOR, by="ana")
    uses.validate("questions", principal=LOCAL_OPERATOR, by="dora")
    double.says = filled(with_kind("BusinessApplication"))
    recorder = Recorder(Trail(f"sqlite:///{tmp_path / 'audit.db'}"), twin.clock)
    for settings, models in ((twin.settings, False), (twin.settings.model_copy(update={"model_policy": path}), True)):
        here = replace(twin, settings=settings)
        queries = QueryService(here)
        moments = MomentService(here, queries, CatalogueService(here, queries))
        road = Asks(moments, recorder=recorder).service()
        assert isinstance(road.producer, SecondOpinion) is models
        answer = road.ask(QUESTION).to_dict()
        assert answer["rows"][0][-1] == servers(twin)
        assert any("a compris autrement" in said for said in answer["assumptions"]) is models
        assert bool(double.requests) is models
        moments.close()
    recorder.close()
