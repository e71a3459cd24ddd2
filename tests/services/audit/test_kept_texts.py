"""Texts that the trail keeps hold no secret, and nobody's address."""

from __future__ import annotations

from core.clock import FrozenClock
from services.audit.call import Call
from services.audit.entry import Outcome, digest_of_text
from tests.conftest import NOW


def test_a_text_that_is_kept_is_kept_without_the_secrets_in_it_and_found_by_the_digest_of_what_was_asked() -> None:
    asked = "MATCH (s:Server) WHERE s.note = 'password: hunter2, 4111 1111 1111 1111' RETURN s"
    call = Call(FrozenClock(NOW), keeps_text=True)
    call.asked(asked)
    entry = call.entry(Outcome.ANSWERED)
    assert entry.asked == "MATCH (s:Server) WHERE s.note = 'password: [NAMED_SECRET_1], [CARD_1]' RETURN s"
    assert entry.asked_sha256 == digest_of_text(asked)


def test_a_text_that_is_kept_does_not_tell_who_somebody_is() -> None:
    call = Call(FrozenClock(NOW), keeps_text=True)
    call.asked("Which servers are owned by ana.martin@bank.example?")
    assert call.entry(Outcome.ANSWERED).asked == "Which servers are owned by [EMAIL_1]?"
