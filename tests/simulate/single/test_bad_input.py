"""Wrong requests of single models are refused with a stable code and what to change."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import JumeauError
from simulate.single.answer import EVENTS_EVER, Method, answer
from simulate.single.model import SIMULATION
from simulate.single.request import read_request

MMC = {"model": "mmc", "parameters": {"lam": 9, "mu": 5, "c": 2}, "metrics": ["W"], "seed": 1}
TANDEM: dict[str, Any] = {"S": [0.1, 0.2], "routing": [[0, 1], [0, 0]], "ext_arrival": [3, 0]}


def tandem(**changes: Any) -> dict[str, Any]:
    return asked("jackson_open", **{**TANDEM, **changes})


def asked(model: str, **parameters: Any) -> dict[str, Any]:
    return {"model": model, "parameters": parameters}


@pytest.mark.parametrize(
    ("content", "code", "hint"),
    [
        pytest.param([], "SIMULATION_MODEL", "model", id="no mapping"),
        pytest.param({"parameters": {}}, "SIMULATION_MODEL", "mmc", id="no model"),
        pytest.param({**MMC, "modle": 1}, "SIMULATION_UNKNOWN", "`model`", id="unknown key"),
        pytest.param({**MMC, "model": "mmcc"}, "SIMULATION_UNKNOWN", "`mmc`", id="unknown model"),
        pytest.param({**MMC, "metrics": ["Lqq"]}, "SIMULATION_UNKNOWN", "`Lq`", id="unknown metric"),
        pytest.param({**MMC, "metrics": []}, "SIMULATION_MODEL", "Lq", id="no metrics"),
        pytest.param({**MMC, "seed": -1}, "SIMULATION_PARAMETER", "0 to", id="negative seed"),
        pytest.param({**MMC, "seed": True}, "SIMULATION_PARAMETER", "whole", id="seed that is no number"),
        pytest.param({**MMC, "parameters": None}, "SIMULATION_PARAMETER", "lam", id="no parameters"),
        pytest.param(asked("mmc", lam=9, mu=5), "SIMULATION_PARAMETER", "`c`", id="missing parameter"),
        pytest.param(asked("mmc", lam=9, mu=5, c=2, lambd=1), "SIMULATION_UNKNOWN", "`lam`", id="unknown parameter"),
        pytest.param(asked("mmc", lam=-9, mu=5, c=2), "SIMULATION_PARAMETER", "above 0", id="negative rate"),
        pytest.param(asked("mmc", lam=9, mu=0, c=2), "SIMULATION_PARAMETER", "above 0", id="zero rate"),
        pytest.param(asked("mmc", lam=9, mu=5, c=2.5), "SIMULATION_PARAMETER", "whole", id="half a server"),
        pytest.param(asked("mmc", lam=9, mu=5, c=10**9), "SIMULATION_PARAMETER", "at most", id="a milliard servers"),
        pytest.param(asked("mmc", lam="9", mu=5, c=2), "SIMULATION_PARAMETER", "number", id="text"),
        pytest.param(asked("mmc", lam=True, mu=5, c=2), "SIMULATION_PARAMETER", "number", id="truth"),
        pytest.param(asked("mmc", lam=None, mu=5, c=2), "SIMULATION_PARAMETER", "number", id="null"),
        pytest.param(asked("component", mtbf=float("inf"), mttr=1), "SIMULATION_PARAMETER", "number", id="no mean"),
        pytest.param(asked("component", mtbf=float("nan"), mttr=1), "SIMULATION_PARAMETER", "number", id="nan"),
        pytest.param(asked("mmck", lam=1, mu=1, c=3, K=2), "SIMULATION_PARAMETER", "at least c", id="K below c"),
        pytest.param(asked("k_of_n", mtbf=9, mttr=1, n=3, k=4), "SIMULATION_PARAMETER", "1 to 3", id="4 of 3"),
        pytest.param(asked("k_of_n", mtbf=9, mttr=1, n=3, k=0), "SIMULATION_PARAMETER", "at least 1", id="0 of 3"),
        pytest.param(asked("erlang_c", c=3), "SIMULATION_PARAMETER", "offered_erlang", id="no load"),
        pytest.param(asked("erlang_c", A=2), "SIMULATION_PARAMETER", "agents", id="no servers"),
        pytest.param(asked("erlang_c", A=2, c=3, agents=4), "SIMULATION_PARAMETER", "`c`", id="servers disagree"),
        pytest.param(asked("erlang_c", A=2, offered_erlang=3, c=4), "SIMULATION_PARAMETER", "once", id="loads disagree"),
        pytest.param(asked("erlang_c", calls=10, c=4), "SIMULATION_PARAMETER", "`aht_s`", id="calls alone"),
        pytest.param({**asked("erlang_c", A=2, c=3), "metrics": ["asa_s"]}, "SIMULATION_PARAMETER", "add", id="no handling time"),
        pytest.param(asked("mmc_priority", lam=[1], mu=2, c=1, priority_class=1), "SIMULATION_PARAMETER", "0", id="no class"),
        pytest.param(asked("mmc_priority", lam=[0, 1], mu=2, c=1, priority_class=0), "SIMULATION_PARAMETER", "rate", id="empty class"),
        pytest.param(tandem(S=[1]), "SIMULATION_PARAMETER", "per station", id="lengths"),
        pytest.param(tandem(routing=[[0, 1.5], [0, 0]]), "SIMULATION_PARAMETER", "at most 1", id="share above 1"),
        pytest.param(tandem(routing=[[0.6, 0.6], [0, 0]]), "SIMULATION_PARAMETER", "at most 1", id="row above 1"),
        pytest.param(tandem(routing=[[0, 1], [1, 0]]), "SIMULATION_PARAMETER", "less than 1", id="nobody leaves"),
        pytest.param(tandem(routing=3), "SIMULATION_PARAMETER", "list", id="no table"),
        pytest.param(tandem(routing=[3, 4]), "SIMULATION_PARAMETER", "list", id="no rows"),
        pytest.param(tandem(ext_arrival=[0, 0]), "SIMULATION_PARAMETER", "above 0", id="nobody comes"),
        pytest.param(asked("closed_network", S=[1], V=[0], N=2), "SIMULATION_PARAMETER", "above 0", id="no visits"),
        pytest.param(asked("serial_line", stations=3, buffers=[1], mu=1), "SIMULATION_PARAMETER", ": 2", id="buffers"),
        pytest.param(asked("serial_line", stations=2, buffers=[1], mu=[1]), "SIMULATION_PARAMETER", "per station", id="rates"),
        pytest.param(asked("two_machine_line", p=1.5, r=0.1, N=3), "SIMULATION_PARAMETER", "at most 1", id="probability"),
        pytest.param(asked("ocba", mean=[1, 1], var=[1, 1], n=[5, 5], budget=9), "SIMULATION_PARAMETER", "distance", id="equal means"),
        pytest.param(asked("ocba", mean=[1], var=[1], n=[5], budget=9), "SIMULATION_PARAMETER", "two", id="one design"),
        pytest.param(
            asked("series_deterministic", A_fails_every=1, B_fails_every=1, repair=1, horizon=10**9),
            "SIMULATION_TOO_LARGE", "shorten", id="a milliard failures",
        ),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_with_its_code_and_a_way_out(content: Any, code: str, hint: str) -> None:
    with pytest.raises(JumeauError) as refused:
        read_request(content)
    assert (refused.value.code, refused.value.exit_code) == (code, 2)
    assert hint in f"{refused.value.hint}"


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize(
    ("content", "hint"),
    [
        pytest.param(asked("mmc", lam=10, mu=5, c=2), "at least 3 servers", id="mmc at its limit"),
        pytest.param(asked("erlang_c", A=20, c=14), "at least 21 servers", id="erlang_c"),
        pytest.param(asked("mmc_priority", lam=[1, 2], mu=1, c=2, priority_class=0), "at least 4", id="priorities"),
        pytest.param(tandem(S=[0.1, 0.5]), "S[1] below 0.3333", id="network"),
    ],
)
def test_an_unstable_queue_has_no_long_run(content: Any, hint: str, method: Method) -> None:
    with pytest.raises(JumeauError) as refused:
        answer(read_request(content), method)
    assert refused.value.code == "SIMULATION_UNSTABLE"
    assert hint in str(refused.value.hint)


def test_an_unstable_queue_may_be_simulated_over_a_horizon() -> None:
    short, long = (
        answer(read_request(asked("mmc", lam=11, mu=5, c=2)), horizon=horizon, precision=0.05)["Lq"]
        for horizon in (10.0, 100.0)
    )
    assert short.method == long.method == SIMULATION
    assert isinstance(short.high, float)
    assert isinstance(long.low, float)
    assert short.high < long.low


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({"precision": 0.0}, "SIMULATION_PARAMETER", id="no precision"),
        pytest.param({"most_events": 10**9}, "SIMULATION_PARAMETER", id="a milliard events"),
        pytest.param({"horizon": -1.0}, "SIMULATION_PARAMETER", id="horizon in the past"),
        pytest.param({"horizon": 1e12}, "SIMULATION_TOO_LARGE", id="horizon of 10^13 events"),
        pytest.param(
            {"horizon": 5.0, "method": Method.CLOSED}, "SIMULATION_NO_CLOSED_FORM", id="closed over a horizon"
        ),
    ],
)
def test_an_effort_beyond_bounds_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(JumeauError) as refused:
        answer(read_request(MMC), **options)
    assert refused.value.code == code


def test_a_precision_beyond_the_events_allowed_is_told_and_not_pretended() -> None:
    found = answer(read_request(MMC), Method.SIMULATION, precision=1e-4, most_events=200_000)["W"]
    assert "is reached within 200000 events, 0.01% was asked" in str(found.note)
    assert isinstance(found.low, float)
    assert isinstance(found.high, float)
    assert found.low < 1.0526 < found.high
    assert EVENTS_EVER < 10**9


def test_what_is_never_seen_has_no_interval() -> None:
    rare = asked("mmck", lam=1, mu=10, c=1, K=40)
    with pytest.raises(JumeauError) as refused:
        answer(read_request({**rare, "metrics": ["p_block"]}), Method.SIMULATION, most_events=200_000)
    assert refused.value.code == "SIMULATION_TOO_RARE"


def test_a_line_too_large_for_its_chain_is_simulated_unless_the_closed_form_is_asked_for() -> None:
    request = read_request(asked("serial_line", stations=6, buffers=[20] * 5, mu=1))
    with pytest.raises(JumeauError) as refused:
        answer(request, Method.CLOSED)
    assert refused.value.code == "SIMULATION_NO_CLOSED_FORM"
    assert answer(request, precision=0.05)["throughput"].method == SIMULATION


def test_without_metrics_all_are_told_that_the_parameters_allow() -> None:
    assert list(answer(read_request(asked("erlang_c", A=10, c=14)))) == ["p_wait"]
    assert list(answer(read_request(asked("erlang_c", A=10, c=14, aht_s=180, target_s=20)))) == [
        "p_wait",
        "asa_s",
        "service_level",
    ]


def test_the_same_seed_gives_the_same_answer_and_another_one_another() -> None:
    first, again, other = (
        answer(read_request({**MMC, "seed": seed}), Method.SIMULATION, precision=0.1)["W"].mean for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("horizon", [None, 50.0])
def test_an_interrupted_simulation_answers_by_the_replications_that_are_finished(horizon: float | None) -> None:
    def interrupt(stage: str, done: int, _: int) -> None:
        if (stage, done) == ("replications", 10):
            raise KeyboardInterrupt

    found = answer(read_request(MMC), Method.SIMULATION, precision=0.2, horizon=horizon, advance=interrupt)["W"]
    assert not found.is_complete
    assert "interrupted after 10 of 32 replications" in str(found.note)
    assert isinstance(found.low, float)
    assert isinstance(found.high, float)
    assert found.low < found.high


def test_a_simulation_that_is_interrupted_before_it_has_anything_ends() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer(read_request(MMC), Method.SIMULATION, advance=interrupt)
