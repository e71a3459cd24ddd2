"""What arrives at `/api/ingestions` is bounded, checked and whole, or it was never there."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from graph.schema.model import Schema
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import opened
from tests.api.loading import Loading, lying_in
from tests.patience import until

LIMITS: dict[str, Any] = {
    "upload_file_bytes": 3_000_000,
    "upload_job_bytes": 4_000_000,
    "upload_spool_bytes": 6_000_000,
    "upload_files": 3,
    "upload_jobs_open": 4,
    "upload_silence_s": 0.5,
}


@dataclass(frozen=True, slots=True)
class Taking(Loading):
    """A client, and the home of the server that it asks."""

    home: Path

    @property
    def lying(self) -> dict[str, int]:
        return dict(lying_in(self.home / "uploads"))


_NOTHING_HELD = "jumeau_upload_spool_bytes 0.0"


@pytest.fixture(scope="module")
def all_taking(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taking]:
    home = tmp_path_factory.mktemp("taking")
    with opened("networkx", schema, home, more=LIMITS) as twin, served(twin, create_app(twin, follow=False)) as server:
        yield Taking(server.http, home)


@pytest.fixture
def taking(all_taking: Taking) -> Iterator[Taking]:
    yield all_taking
    for job in all_taking.http.get("/api/ingestions").json():
        assert all_taking.http.delete(f"/api/ingestions/{job['id']}").status_code == 200
    assert all_taking.lying == {}
    assert _NOTHING_HELD in all_taking.http.get("/metrics").text


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    "name",
    [
        "..%2F..%2Fx",
        "%2e%2e/x.csv",
        "a/%2e%2e/%2e%2e/%2e%2e/x.csv",
        "%2Fetc%2Fpasswd",
        "a//x.csv",
        ".hidden.csv",
        "~root.csv",
        "a%00.csv",
        "a%5C..%5Cx.csv",
        "C%3Ax.csv",
        "trailing.csv.",
        "blank.csv%20",
        "one/two/three/four.csv",
        "x" * 121 + ".csv",
        "%FF%FE.csv",
        "fetch.json",
        "FETCH.json",
        "",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_and_not_repeated(taking: Taking, name: str) -> None:
    job = taking.open()
    around = set(taking.home.parent.rglob("*"))
    refused = taking.put(job, name, b"key,name\n")
    assert code(refused) == (400, "FILE_NAME")
    if len(name) > 3:
        assert name.rpartition("/")[2] not in refused.text
    assert taking.lying == {}
    assert {path for path in set(taking.home.parent.rglob("*")) - around if "ledger" not in path.name} == set()


def test_a_name_with_a_line_end_is_no_address_at_all(taking: Taking) -> None:
    assert code(taking.put(taking.open(), "a%0A.csv", b"x")) == (404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["Site.csv", "relations/RUNS_ON.csv.gz", "Système d-été 2025 (v2).xlsx"])
def test_names_of_exports_are_taken(taking: Taking, name: str) -> None:
    job = taking.open()
    kept = taking.put(job, name, b"key,name\n")
    assert kept.status_code == 201
    assert kept.json() == {"name": name, "size": 9, "sha256": sha256(b"key,name\n").hexdigest()}
    assert taking.lying == {f"{job.rpartition('/')[2]}/files/{name}": 9}
    assert [file["name"] for file in taking.see(job)["files"]] == [name]


def test_the_spool_is_for_its_owner_only(taking: Taking) -> None:
    taking.open()
    assert (taking.home / "uploads").stat().st_mode & 0o077 == 0


def test_an_announced_length_beyond_the_bound_is_refused_before_a_byte_is_read(taking: Taking) -> None:
    job = taking.open()
    with _connected(taking) as raw:
        raw.sendall(_head(f"{job}/files/Site.csv", 10**12))
        assert b" 413 " in raw.recv(65_536).splitlines()[0]


def test_a_body_without_a_length_is_refused_where_it_passes_the_bound(taking: Taking) -> None:
    job = taking.open()
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 200_000_000:
            sent += 100_000
            yield b"x" * 100_000

    assert code(taking.put(job, "Site.csv", endless())) == (413, "UPLOAD_TOO_LARGE")
    assert sent < 30_000_000, "what the connection holds, and no more"
    assert taking.lying == {}


def test_files_bytes_of_a_job_and_bytes_of_all_jobs_are_bounded(taking: Taking) -> None:
    one, other = taking.open(), taking.open()
    assert taking.put(one, "A.csv", b"x" * 2_500_000).status_code == 201
    assert code(taking.put(one, "B.csv", b"x" * 1_600_000)) == (413, "UPLOAD_TOO_LARGE")
    assert taking.put(one, "A.csv", b"x" * 1_500_000).status_code == 201, "it takes the place of the one before"
    assert taking.put(one, "B.csv", b"x" * 1_600_000).status_code == 201
    assert taking.put(other, "A.csv", b"x" * 2_700_000).status_code == 201
    assert code(taking.put(other, "B.csv", b"x" * 400_000)) == (507, "SPOOL_FULL")
    assert taking.put(one, "C.csv", b"x").status_code == 201
    assert code(taking.put(one, "D.csv", b"x")) == (413, "TOO_MANY_FILES")
    assert taking.http.delete(other).status_code == 200
    assert taking.put(one, "C.csv", b"x" * 400_000).status_code == 201


def test_a_body_that_ends_before_its_length_leaves_nothing(taking: Taking) -> None:
    job = taking.open()
    with _connected(taking) as raw:
        raw.sendall(_head(f"{job}/files/Site.csv", 2_000_000) + b"x" * 1_500_000)
        until(lambda: taking.lying)  # it has begun to arrive
    until(lambda: taking.lying == {})
    until(lambda: _NOTHING_HELD in taking.http.get("/metrics").text)
    assert taking.see(job)["files"] == []


def test_a_body_that_stops_coming_is_broken_off(taking: Taking) -> None:
    job = taking.open()
    with _connected(taking) as raw:
        raw.sendall(_head(f"{job}/files/Site.csv", 2_000) + b"key,name\n")
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert b" 408 " in answer.splitlines()[0]
    assert b"UPLOAD_STALLED" in answer
    assert taking.lying == {}


def test_what_arrived_is_held_against_the_digest_that_was_sent(taking: Taking) -> None:
    job = taking.open()
    right = b64encode(sha256(b"key,name\n").digest()).decode()
    wrong = taking.put(job, "Site.csv", b"key,name", **{"Content-Digest": f"sha-256=:{right}:"})
    assert code(wrong) == (400, "UPLOAD_DIGEST")
    assert taking.lying == {}
    kept = taking.put(job, "Site.csv", b"key,name\n", **{"Content-Digest": f"md5=:AA==:, sha-256=:{right}:"})
    assert kept.status_code == 201


def test_an_encoded_body_and_a_folder_in_the_place_of_a_file_are_refused(taking: Taking) -> None:
    job = taking.open()
    assert code(taking.put(job, "A.csv", b"x", **{"Content-Encoding": "gzip"})) == (415, "UPLOAD_ENCODING")
    assert taking.put(job, "A/B.csv", b"x").status_code == 201
    assert code(taking.put(job, "A", b"x")) == (400, "FILE_NAME")
    assert code(taking.put(job, "A/B.csv/C.csv", b"x")) == (400, "FILE_NAME")
    assert len(taking.lying) == 1


def test_what_cannot_be_loaded_is_told_before_anything_is_sent(taking: Taking) -> None:
    def asked(**body: Any) -> tuple[int, str]:
        return code(taking.http.post("/api/ingestions", json=body))

    assert asked(source="cvs") == (422, "UNKNOWN_SOURCE")
    assert asked(source="../../etc") == (422, "UNKNOWN_SOURCE")
    assert asked(source="csv", branch="nothing") == (404, "NOT_FOUND")
    assert asked(source="csv", brake=2) == (422, "PAYLOAD")
    assert asked(source="csv", path="/etc/passwd") == (422, "PAYLOAD")
    assert taking.http.get("/api/ingestions").json() == []


def test_a_job_without_files_or_that_is_not_there_is_refused(taking: Taking) -> None:
    job = taking.open()
    assert code(taking.start(job)) == (409, "JOB_STATE")
    assert code(taking.http.post(f"{job}/cancel")) == (409, "JOB_STATE")
    assert code(taking.put("/api/ingestions/nothing", "A.csv", b"x")) == (404, "NOT_FOUND")
    assert code(taking.http.get("/api/ingestions/nothing/events")) == (404, "NOT_FOUND")
    assert code(taking.http.get(f"{job}/events", headers={"Last-Event-ID": "x"})) == (400, "USAGE")


def test_only_so_many_jobs_are_open_at_a_time(taking: Taking) -> None:
    for _ in range(4):
        taking.open()
    refused = taking.http.post("/api/ingestions", json={"source": "csv"})
    assert code(refused) == (429, "TOO_MANY_JOBS")
    assert int(refused.headers["Retry-After"]) > 0


def _connected(taking: Taking) -> socket.socket:
    base = taking.http.base_url
    return socket.create_connection((base.host, base.port or 80), timeout=10)


def _head(path: str, length: int) -> bytes:
    return f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()
