"""The gateway: what goes to which model, what is kept here, and that all of it is on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from agent.gateway.budgets import Scope
from agent.gateway.errors import BudgetExceededError, DataBlockedError, ModelError, NoModelError, UseCaseError
from agent.gateway.gateway import Gateway, Reply, Request
from agent.gateway.policy import Handling
from agent.gateway.screening import Message
from agent.gateway.use_cases import Stage
from core.clock import FrozenClock
from core.errors import JumeauError
from core.principal import LOCAL_OPERATOR, Principal
from graph.history.ledger import Ledger
from services.access.rights import ForbiddenError
from services.audit.recorder import Recorder
from services.audit.trail import Trail, Wanted
from tests.agent.gateway.house import ANA, BOB, House, Scripted, asks, house, policy

SECRETS = ["AKIA" + "IOSFODNN7EXAMPLE", "4111 1111 1111 1111", "FR7630006000011234567890189"]


def entries(made: House) -> list[dict[str, Any]]:
    return [one.to_dict() for one in made.trail.page(Wanted(door="model"))]


def everything_kept(made: House) -> str:
    """All that any table and the trail hold, as one text."""
    with made.ledger.reading() as connection:
        tables = ("model_call", "model_prompt", "model_cache", "model_use_case", "model_feedback")
        rows = [list(map(tuple, connection.execute(text(f"SELECT * FROM {name}")))) for name in tables]
    return repr(rows) + repr(entries(made))


def test_the_cheapest_model_is_asked_and_what_the_dearest_would_have_cost_is_saved(at_home: House) -> None:
    done = at_home.gateway.complete(asks("combien de serveurs ?"))
    assert at_home.asked == ["house/small"]
    assert (done.text, done.cost_micro) == ("from small", done.tokens_in + 2 * 50)
    assert done.saved_micro == 99 * done.tokens_in + 198 * 50
    assert done.decision is Handling.ALLOW


def test_an_answer_that_is_not_good_enough_is_asked_of_the_next_dearer_model(at_home: House) -> None:
    done = at_home.gateway.complete(asks("combien ?", accept=lambda answer: "medium" in answer))
    assert at_home.asked == ["house/small", "cloud/medium"]
    assert (done.model, done.accepted) == ("medium", True)


def test_a_forbidden_provider_is_never_asked_however_cheap(at_home: House) -> None:
    at_home.gateway.complete(asks("combien ?", accept=lambda _: False))
    assert at_home.asked == ["house/small", "cloud/medium", "cloud/large"]


def test_where_a_provider_is_mandatory_no_other_is_asked(tmp_path: Path, ledger: Ledger, clock: FrozenClock) -> None:
    rules = policy().model_dump(mode="json")["providers"]
    rules["cloud"]["level"] = "mandatory"
    made = house(tmp_path, ledger, clock, providers=rules)
    made.gateway.complete(asks("combien ?"))
    assert made.asked == ["cloud/medium"]
    with pytest.raises(NoModelError):  # bob's client keeps everything within the house
        made.gateway.complete(asks("combien ?", BOB))


def test_a_client_that_keeps_its_data_in_the_house_is_never_served_from_elsewhere(at_home: House) -> None:
    at_home.gateway.complete(asks("combien ?", BOB, accept=lambda _: False))
    assert at_home.asked == ["house/small"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("speaker", ["user", "tool", "system"])
def test_a_secret_is_blocked_whoever_says_it_and_kept_nowhere(at_home: House, secret: str, speaker: Any) -> None:
    request = Request("questions", (Message("user", "aide"), Message(speaker, f"voici {secret}")), ANA)
    with pytest.raises(DataBlockedError) as refused:
        at_home.gateway.complete(request)
    assert at_home.models.sent == []
    told = entries(at_home)
    assert {(one["outcome"], one["code"]) for one in told} == {("refused", "MODEL_DATA_BLOCKED")}
    assert "may not go to" in json.loads(told[0]["reason"])["why"]
    assert secret not in everything_kept(at_home) + str(refused.value)


def test_personal_data_goes_to_the_house_as_it_is_and_elsewhere_masked(at_home: House) -> None:
    done = at_home.gateway.complete(asks("qui est jean@example.fr ?", accept=lambda answer: "medium" in answer))
    (_, _, (here,)), (_, _, (there,)) = at_home.models.sent
    assert (here.text, there.text) == ("qui est jean@example.fr ?", "qui est [EMAIL_1] ?")
    assert (done.decision, done.reason) == (Handling.MASK, "personal masked for cloud")
    assert "jean@example.fr" not in everything_kept(at_home)


def test_declared_data_has_no_place_in_the_text_so_that_all_of_it_goes(at_home: House) -> None:
    rows = Message("tool", "12 contrats, 3 M€", frozenset({"contract"}))
    at_home.gateway.complete(Request("questions", (Message("user", "résume"), rows), ANA, accept=lambda _: False))
    assert [(provider, sent[1].text) for provider, _, sent in at_home.models.sent] == [("house", "[CONTRACT WITHHELD]")]


def test_a_class_that_nobody_has_named_is_blocked(at_home: House) -> None:
    with pytest.raises(DataBlockedError, match="health may not go"):
        at_home.gateway.complete(Request("questions", (Message("tool", "x", frozenset({"health"})),), ANA))


@pytest.mark.parametrize("state", ["absent", "registered", "suspended"])
def test_a_use_that_is_not_registered_and_validated_is_refused(at_home: House, state: str) -> None:
    uses = at_home.gateway.use_cases
    if state != "absent":
        uses.register("summaries", "monthly", owner="ana", principal=LOCAL_OPERATOR, by="ana")
    if state == "suspended":
        uses.validate("summaries", principal=LOCAL_OPERATOR, by="dora")
        uses.suspend("summaries", "wrong figures", principal=LOCAL_OPERATOR, by="ana")
    with pytest.raises(UseCaseError):
        at_home.gateway.complete(Request("summaries", (Message("user", "résume"),), ANA))
    assert at_home.models.sent == []
    assert entries(at_home)[0]["code"] == "MODEL_USE_NOT_VALIDATED"
    assert not at_home.gateway.available("summaries", ANA)


def test_nobody_validates_a_use_of_their_own_and_production_needs_an_evaluation(at_home: House) -> None:
    uses = at_home.gateway.use_cases
    uses.register("plans", "proposals", owner="ana", principal=LOCAL_OPERATOR, by="ana")
    with pytest.raises(UseCaseError, match="ana has registered"):
        uses.validate("plans", principal=LOCAL_OPERATOR, by="ana")
    with pytest.raises(Exception, match="has an evaluation"):
        uses.register("plans", "p", owner="a", stage=Stage.PRODUCTION, principal=LOCAL_OPERATOR, by="a")
    uses.validate("plans", principal=LOCAL_OPERATOR, by="dora")
    assert uses.register("plans", "others", owner="ana", principal=LOCAL_OPERATOR, by="ana").state.value == "registered"


@pytest.mark.parametrize("role", ["reader", "operator", "auditor", "data_protection_officer", "owner"])
def test_only_who_governs_models_registers_validates_and_sets_budgets(at_home: House, role: str) -> None:
    somebody = Principal("eve", frozenset({role}), None)
    with pytest.raises(ForbiddenError):
        at_home.gateway.use_cases.register("x", "y", owner="z", principal=somebody, by="eve")
    with pytest.raises(ForbiddenError):
        at_home.gateway.use_cases.validate("questions", principal=somebody, by="eve")
    owner = Principal("olga", frozenset({"ai_owner"}), frozenset())
    assert at_home.gateway.use_cases.register("x", "y", owner="z", principal=owner, by="olga").owner == "z"


def test_the_same_words_are_answered_from_what_is_kept_for_the_same_client_only(at_home: House) -> None:
    first = at_home.gateway.complete(asks("combien ?"))
    again = at_home.gateway.complete(asks("combien ?"))
    assert (again.cached, again.cost_micro, again.saved_micro) == (True, 0, first.cost_micro)
    assert len(at_home.models.sent) == 1
    at_home.gateway.complete(asks("combien ?", BOB))
    narrower = Principal("ana", frozenset({"reader"}), frozenset())
    at_home.gateway.complete(asks("combien ?", narrower))
    assert len(at_home.models.sent) == 3


def test_an_answer_is_screened_on_its_way_in(at_home: House) -> None:
    at_home.models.script = lambda *_: Reply(f"the key is {SECRETS[0]}")
    done = at_home.gateway.complete(asks("combien ?"))
    assert done.text == "the key is [AWS_KEY_1]"
    assert SECRETS[0] not in everything_kept(at_home)


def test_a_model_that_fails_gives_way_to_the_next_and_its_failure_is_on_record(at_home: House) -> None:
    def script(provider: str, model: str) -> Reply:
        if provider == "house":
            raise ModelError("it does not answer")
        return Reply("ok")

    at_home.models.script = script
    assert at_home.gateway.complete(asks("combien ?")).model == "medium"
    assert ("failed", "MODEL_FAILED") in {(one["outcome"], one["code"]) for one in entries(at_home)}


def test_where_all_fail_the_failure_is_told(at_home: House) -> None:
    def script(provider: str, model: str) -> Reply:
        raise ModelError(f"{model} does not answer")

    at_home.models.script = script
    with pytest.raises(ModelError, match="large does not answer"):
        at_home.gateway.complete(asks("combien ?"))


def test_each_call_is_on_record_before_it_is_made_and_after_with_its_figures(at_home: House) -> None:
    done = at_home.gateway.complete(asks("combien ?"))
    ended, begun = entries(at_home)
    assert (begun["outcome"], ended["outcome"], ended["began"]) == ("begun", "answered", begun["number"])
    assert (ended["who"], ended["action"], ended["target"]) == ("ana", "questions", "house/small")
    told = json.loads(ended["reason"])
    assert (told["decision"], told["call"], told["cost_micro"]) == ("allow", done.call, done.cost_micro)
    assert told["tokens_in"] == done.tokens_in
    assert ended["asked_sha256"] is not None
    assert at_home.trail.verify().whole


def test_what_cannot_be_put_on_record_is_not_sent(tmp_path: Path, ledger: Ledger, clock: FrozenClock) -> None:
    made = house(tmp_path, ledger, clock)
    (tmp_path / "none").write_text("no folder", encoding="utf-8")
    nowhere = Trail(f"sqlite:///{tmp_path / 'none' / 'audit.db'}")
    models = Scripted()
    gateway = Gateway(policy(), models, ledger, clock, Recorder(nowhere, clock))
    with pytest.raises(JumeauError):
        gateway.complete(asks("combien ?"))
    assert models.sent == []
    made.trail.close()


def test_a_call_that_may_cost_more_than_is_left_is_stopped_before_it_is_made(at_home: House) -> None:
    at_home.gateway.budgets.set(Scope.USER, "ana", 0.001, principal=LOCAL_OPERATOR, by="olga")
    with pytest.raises(BudgetExceededError, match=r"budget of user 'ana' for 2025-01 has 0\.001000 left"):
        at_home.gateway.complete(asks("combien ?", most_tokens=1_000))
    assert at_home.models.sent == []
    assert at_home.gateway.complete(asks("combien ?", most_tokens=100)).model == "small"
    assert entries(at_home)[-1]["code"] == "MODEL_BUDGET_SPENT"


def test_a_provider_that_counts_more_than_was_sent_is_not_believed(at_home: House) -> None:
    at_home.models.script = lambda *_: Reply("ok", 10**12, 10**12)
    done = at_home.gateway.complete(asks("combien ?", most_tokens=10))
    assert done.cost_micro < 100
    at_home.models.script = lambda *_: Reply("ok", -5, -5)
    assert at_home.gateway.complete(asks("et là ?")).cost_micro == 0


def test_whoever_may_not_read_asks_no_model(at_home: House) -> None:
    with pytest.raises(ForbiddenError):
        at_home.gateway.complete(asks("combien ?", Principal("eve")))
