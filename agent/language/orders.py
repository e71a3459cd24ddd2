"""Orders to write or to send, told from questions by how they are built: verbs where a clause begins, wishes, duties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rapidfuzz.distance import OSA

from agent.language.order_words import OrderWords, Verbs, load_order_words
from agent.language.tokens import Token

_TYPO: Final = 6
"""Letters from which on a verb may be misspelt by one."""
_LONG_TYPO: Final = 9
"""Letters from which on it may be misspelt by two."""
_SHORT: Final = 2
"""Letters up to which a word is no verb."""
_STEM: Final = 4
"""Letters from which on the beginning of a verb of telling may be misspelt."""
_OPENING: Final = 4
"""Words of the clause behind in which a question shows itself."""
_CLAUSE: Final = 8
"""Words of one clause in which what is given meets whom it is given to."""
_ELIDED: Final = 2
"""Letters that may stand between tokens without being a name: the genitive."""


def order(question: str, tokens: tuple[Token, ...], known: Callable[[str], bool], named: frozenset[int]) -> str | None:
    """Which kind of order a question is: write or send, None where it is none.

    `tokens`: those of the question, but for names of several words. `known`: whether a word means something, so that it
    is no misspelt verb. `named`: positions in `tokens` of names of one word.
    """
    orders = load_order_words()
    sentence = _Sentence(question, tokens, known, named, orders)
    for kind, by_language in orders.verbs.items():
        for verbs in by_language.values():
            if sentence.relays(verbs) or sentence.begins_with(verbs, kind) or sentence.wishes_for(verbs):
                return kind
    return "write" if sentence.wants_a_deed() or sentence.hands_over() or sentence.commands() else None


class _Sentence:
    def __init__(
        self,
        question: str,
        tokens: tuple[Token, ...],
        known: Callable[[str], bool],
        named: frozenset[int],
        orders: OrderWords,
    ) -> None:
        self.tokens, self.known, self.named, self.orders = tokens, known, named, orders
        self.words = tuple(token.folded for token in tokens)
        ends = [0, *(token.end for token in tokens)]
        self.gaps = [question[end : token.start] for end, token in zip(ends, tokens, strict=False)]
        self.gaps.append(question[ends[-1] :])
        self.starts = self._starts()

    def _starts(self) -> dict[int, bool]:
        """Where an order may begin, and whether a sentence does so there (rather than a part of one)."""
        found: dict[int, bool] = {}
        self.wanted: dict[int, bool] = {}
        for at, word in enumerate(self.words):
            gap = self.gaps[at].strip()
            if self._of_oneself(at):
                continue
            if at == 0 or any(sign in gap for sign in ".;!:\n") or word == "?" or self.words[at - 1] == "?":
                self._follow(at, found, whole=True)
            elif "," in gap or self.words[at - 1] in self.orders.joining:
                self._follow(at, found, whole=False)
            for length in range(1, 6):
                said = self.words[at - length : at] if at >= length else ()
                if said in self.orders.asked:
                    self._follow(at, found, whole=True)
                if said in self.orders.wanting:
                    self._follow(at, self.wanted, whole=True)
        return found

    def _of_oneself(self, at: int) -> bool:
        """Whether a clause tells what somebody else is about to do, and a question follows: before I delete X, what depends on it?"""
        if self.words[at] not in self.orders.own or not self._opens(at):
            return False
        ends = (end for end in range(at + 1, len(self.words)) if set(self.gaps[end].strip()) & set(",:;.!?"))
        end = next(ends, len(self.words))
        addressed = {"tu", "vous", "you"} & set(self.words[at:end])
        rest = self.words[end : end + _OPENING]
        return not addressed and any(word in self.orders.asking for word in rest)

    def _opens(self, at: int) -> bool:
        return at == 0 or bool(set(self.gaps[at].strip()) & set(",:;.!?\n")) or self.words[at - 1] == "?"

    def _follow(self, at: int, found: dict[int, bool], *, whole: bool) -> None:
        """Mark a place and those behind the words that lead up to an order."""
        found[at] = found.get(at, False) or whole
        while at < len(self.words) and self.words[at] in self.orders.leads and not self._gap_named(at + 1):
            at += 1
            found[at] = found.get(at, False) or whole

    def _gap_named(self, at: int) -> bool:
        """Whether a name of several words was taken out before a token."""
        return at < len(self.gaps) and sum(character.isalnum() for character in self.gaps[at]) > _ELIDED

    def wants_a_deed(self) -> bool:
        """Whether somebody is asked for what is no telling: can you V the servers, I want you to V; or a deed told before: do it."""
        for at in self.wanted:
            if at >= len(self.words) or self.tokens[at].kind != "word" or at in self.named:
                continue
            word = self.words[at]
            if len(word) > _SHORT and self._object(at + 1, things=True) and not self._tells(word):
                return True
        return any(
            self.words[at : at + len(said)] == said and self._closes(at + len(said))
            for said in self.orders.standing
            for at in range(len(self.words))
            if self._opens(at)
        )

    def commands(self) -> bool:
        """Whether a sentence begins with a word that is no word of questions and with what is acted on: trigger the plan."""
        if "?" in self.words or any(word in self.orders.asking for word in self.words):
            return False
        for at, whole in self.starts.items():
            if not whole or at + 2 >= len(self.words) or at in self.named or self._gap_named(at + 1):
                continue
            word = self.words[at]
            verbal = self.tokens[at].kind == "word" and len(word) > _STEM and not self._tells(word)
            verbal = verbal and not word.endswith(("ing", "ant"))  # regarding the servers, concernant les serveurs
            behind = self._object(at + 1) and not self.words[at + 2][0].isdigit()
            after = self.words[at - 1] if at else ""
            if verbal and behind and after not in self.orders.objects and not self.known(word):
                return True
        return False

    def _tells(self, word: str) -> bool:
        """Whether a verb asks for an answer, or is no verb."""
        others = (self.orders.leads, self.orders.asking, self.orders.presenting, self.orders.prepositions)
        led = any(word in words for words in others)
        return led or word.startswith(self.orders.telling) or self._misspelt_telling(word)

    def _closes(self, at: int) -> bool:
        return at >= len(self.words) or self.words[at] == "?" or bool(set(self.gaps[at].strip()) & set(",.;!:\n"))

    def _misspelt_telling(self, word: str) -> bool:
        told = [one for one in (*self.orders.telling, *self.orders.asking) if len(one) >= _STEM]
        return any(OSA.distance(word[: len(one) + more], one) <= 1 for one in told for more in (-1, 0, 1))

    def _told_to_us(self, after: int) -> bool:
        """Whether what is sent goes to the asker, by no carrier: send me the list, m'envoyer la liste."""
        around = {*self.words[after : after + 1], *self.words[max(0, after - 2) : after - 1]}
        return bool(around & self.orders.receiving) and not self._carried(after)

    def _carried(self, after: int) -> bool:
        return any(word in self.orders.carriers for word in self.words[after:])

    def _requests(self, at: int) -> bool:
        """Whether what begins here as an order does only asks for an answer: run me through the plans, take those out of the count."""
        said = (self.words[at : at + length] for length in (2, 3))
        behind = range(at, len(self.words))
        left_out = any(self.words[one : one + len(p)] == p for p in self.orders.left_out for one in behind)
        return (left_out or any(one in self.orders.requests for one in said)) and not self._carried(at)

    def begins_with(self, verbs: Verbs, kind: str) -> bool:
        """Whether an order begins somewhere: none where the asker gets what is sent, none to claim that is misspelt."""
        for at, whole in self.starts.items():
            if at >= len(self.words) or (kind == "send" and self._told_to_us(at + 1)) or self._requests(at):
                continue
            for length in (3, 2, 1):
                said = self.words[at : at + length]
                if len(said) < length:
                    continue
                participle = length == 1 and self.tokens[at].text.lower().endswith(("é", "és"))
                after = at + length
                if participle:
                    continue
                if said in verbs.always or (said in verbs.loose and (whole or self._object(after))):
                    return True
                if said in verbs.of_you and "tu" in self.words[max(0, at - 3) : at]:
                    return True
                if said in verbs.gerunds and at and self.words[at - 1] in ("mind", "of", "about"):
                    return True
                if said in verbs.objected and self._object(after, things=True):
                    return True
                if said in verbs.determined and self._object(after):
                    return True
            if whole and kind != "claim" and self._misspelt(at, verbs):
                return True
        return False

    def _object(self, at: int, *, things: bool = False) -> bool:
        """Whether what is acted on stands here."""
        if self._gap_named(at):
            return True
        if at >= len(self.words):
            return False
        word = self.words[at]
        if word in self.orders.objects:
            return True
        return things and (self._identifies(at) or at in self.named or word in self.orders.things)

    def _identifies(self, at: int) -> bool:
        """Whether a word is no word of a language: srv-12, CHG0000286."""
        word = self.words[at]
        mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
        return self.tokens[at].kind == "identifier" or (len(word) > _STEM and mixed)

    def _misspelt(self, at: int, verbs: Verbs) -> bool:
        word = self.words[at]
        if len(word) < _TYPO - 1 or self.known(word) or at in self.named or any(c.isdigit() for c in word):
            return False
        return any(
            len(form) == 1
            and len(form[0]) >= _TYPO
            and form[0][0] == word[0]
            and OSA.distance(form[0], word) <= (2 if min(len(form[0]), len(word)) >= _LONG_TYPO else 1)
            for form in verbs.always | verbs.loose
        )

    def relays(self, verbs: Verbs) -> bool:
        """Whether somebody else is to be told to do something: ask the team to restart it."""
        forms = verbs.always | verbs.objected | verbs.determined
        for first in range(len(self.words) - 1):
            if self.words[first] not in self.orders.relays or not self._opens(first):
                continue
            if self.words[first + 1] in self.orders.receiving:  # tell me how to restart it
                continue
            for at in range(first + 2, len(self.words)):
                if self.words[at - 1] not in self.orders.infinitive:
                    continue
                verb = next((one for n in (3, 2, 1) if (one := self.words[at : at + n]) in forms), None)
                if verb is not None and (self.words[first] not in self.orders.having or self._one(at + len(verb))):
                    return True
        return False

    def hands_over(self) -> bool:
        """Whether one thing is to be given to another: give X to the team Y, hand X over to Y."""
        for at in self.starts:
            if at >= len(self.words) or self.words[at] not in self.orders.giving or not self._one(at + 1):
                continue
            behind = self.words[at + 1 : at + _CLAUSE]
            if any(word in self.orders.to and self._one(at + 2 + place) for place, word in enumerate(behind)):
                return True
        return False

    def wishes_for(self, verbs: Verbs) -> bool:
        """Whether something is to be done to something: X must be restarted, can X be deleted. No question about others is."""
        if any(word in self.orders.asking for word in self.words):
            return False
        if self._may_be_done(verbs):
            return True
        if "?" in self.words:
            return False
        if self.words and self._gerund(self.words[0], verbs) and self._one(1):
            return True  # closing INC0000012 please
        wish = any(self.words[: len(said)] == said for said in self.orders.wishes)
        for at in range(1, len(self.words)):
            said = [self.words[at : at + length] for length in (1, 2, 3)]
            if self._needs(at) and self._gerund(self.words[at], verbs):
                return True
            if not any(one in verbs.done for one in said):
                continue
            before = self.words[at - 1]
            if before in self.orders.being and (wish or (at > 1 and self._duty(at - 2))):
                return True
            if wish and (at - 1 in self.named or self._identifies(at - 1)):
                return True  # I need X rebooted
        return False

    def _may_be_done(self, verbs: Verbs) -> bool:
        """Whether it is asked that something be done to one thing: can X be restarted, possible to have X restarted."""
        for at in range(2, len(self.words)):
            if (self.words[at],) not in verbs.done:
                continue
            modal = self.words[0] in self.orders.modal and self.words[at - 1] == "be"
            if modal and any(self._one(before) for before in range(at - 1)):
                return True
            if self._one(at - 1) and self.words[at - 2] in self.orders.having:
                return True
        return False

    def _needs(self, at: int) -> bool:
        """Whether one thing needs what is said here: X needs patching."""
        return self.words[at - 1] in self.orders.needing and at > 1 and self._one(at - 2)

    def _one(self, at: int) -> bool:
        """Whether one thing is named here, so that a need is of it and not of those that are looked for."""
        if at >= len(self.words):
            return self._gap_named(at)
        return at in self.named or self._identifies(at) or self._gap_named(at + 1)

    def _gerund(self, word: str, verbs: Verbs) -> bool:
        if (word,) in verbs.gerunds:
            return True
        if not word.endswith("ing") or len(word) < _LONG_TYPO or self.known(word):
            return False
        return any(len(form) == 1 and OSA.distance(form[0], word) <= _SHORT for form in verbs.gerunds)

    def _duty(self, at: int) -> bool:
        """Whether something must be done: it must be, it has to be."""
        if self.words[at] == "to":
            return at > 0 and self.words[at - 1] in self.orders.needed
        return self.words[at] in self.orders.duties
