"""A question in French or English to an intermediate query, or to why there is none: the deterministic producer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Final

from agent.language.acts import load_acts
from agent.language.beyond import beyond, query_beyond
from agent.language.comparing import compared, compares, side
from agent.language.compose import Composer
from agent.language.editing import asks_why, edited
from agent.language.folding import composed, fold
from agent.language.follow import added_to, asks_a_figure, continued, goes_on, is_follow_up, is_fragment
from agent.language.frame import Frame
from agent.language.grammar import Grammar
from agent.language.idioms import Idioms, load_idioms
from agent.language.intents import load_intents
from agent.language.items import Item, read_items
from agent.language.lexicon import Lexicon
from agent.language.literals import lift
from agent.language.names import NameIndex
from agent.language.orders import order
from agent.language.other_words import in_other_words
from agent.language.outcome import Outcome, Parse, Read, Unclear, Unheld
from agent.language.over_time import over_time
from agent.language.ranked import ranked
from agent.language.rates import prepare_rate
from agent.language.reading.words import EACH
from agent.language.shorthand import spelt_out
from agent.language.special import special
from agent.language.tallies import Tally, tallied
from agent.language.tally_query import tally_query
from agent.language.those import about_those
from agent.language.tokens import Token, tokenise
from agent.language.turns import LANGUAGES, Language, detect_language
from agent.language.ways import Ways
from agent.language.wordings import say
from agent.query.model import Question
from graph.schema.model import PersonalData, Schema

_PAIR: Final = re.compile(r"(?<![\w/.:-])([^\W\d_]{2,}|[^\W\d_]+\d)/([^\W\d_]{2,}|[^\W\d_]+\d)(?![\w/.:-])")
LONGEST: Final = 2_000
"""Characters of a question that are read; a longer one is refused."""
_REFUSED: Final = {"write": "read_only", "code": "read_only", "personal": "personal", "claim": "claim"}
"""Which text tells why a question is refused; the others are secrets."""
_IT_ALONE: Final = re.compile(
    r"\W*(?:(?:is|does|has|was|will|can|did)\s+it\b|(?:il|elle)\s+(?:est|a|sera|depend|tourne)\b|(?:est|a|depend)(?:\Wt)?\W(?:il|elle)\b)"
)
"""A question about something that nobody has named."""
_REMARK: Final = re.compile(r"\s*\([^()]*\)")
"""What only explains a question to those who read it."""
_A_PERIOD: Final = frozenset({"periode", "period"})


class Parser:
    """Reads questions about one schema. Built once; safe for several threads but for the first use of a language."""

    def __init__(self, schema: Schema, idioms: Idioms | None = None, languages: Sequence[Language] = LANGUAGES) -> None:
        self.schema = schema
        self.idioms = load_idioms(schema.name) if idioms is None else idioms
        self.ways = Ways(schema, self.idioms)
        attributes = [a for kind in schema.kinds.values() for a in kind.attributes.values()]
        self._personal = any(a.personal is not PersonalData.NONE for a in attributes)
        self._known = frozenset(
            name.casefold()
            for name in (
                *schema.kinds,
                *schema.relations,
                *(a.name for a in attributes),
                *(a.wording.en for a in attributes),
            )
        )
        words = sorted({re.escape(word) for word in self.idioms.products if word.isalpha()}, key=len, reverse=True)
        self._glued = re.compile(rf"\b({'|'.join(words)})-?(\d+(?:\.\d+)?)(r2)?\b", re.IGNORECASE) if words else None
        self._lexicons = {language: Lexicon(schema, language, self.idioms) for language in languages}

    def parse(
        self,
        question: str,
        names: NameIndex,
        now: datetime,
        after: Sequence[str] = (),
        told: Language | None = None,
        understood: Question | None = None,
    ) -> Parse:
        """The reading of a question, asked after some others of the same conversation.

        `understood`: what the one before was understood as, whoever understood it.
        """
        literals: dict[str, str] = {}
        question = self._apart(spelt_out(question))
        if not self.idioms.times:
            question, literals = lift(question, self._known)
        tokens = tokenise(composed(question))
        unnamed = _outside_names(tokens, names)
        detected = told or self._language(unnamed, after)
        language: Language = detected if detected in self._lexicons else next(iter(self._lexicons))
        acts = load_acts()
        reason = "send" if "://" in question else acts.refusal(question, unnamed, self._knows)
        if reason == "personal" and not self._personal:
            reason = None
        reason = reason or self._ordered(question, unnamed, names) or load_intents().refusal(question, unnamed)
        if reason == "personal" and not self._personal:
            reason = None
        if len(question) > LONGEST or reason:
            text = _REFUSED.get(reason or "", "secret")
            return Parse("refuse", language, message=say(text, language))

        def read(text: str) -> Question | None:
            return self.parse(text, names, now, (), language).question

        if (asked := in_other_words(question, names, after, language, self.schema, read)) is not None:
            return Parse("answer", language, asked)
        why = after and asks_why(fold(question))
        if understood is not None and why and (edit := edited(understood, (), fold(question), language)):
            return Parse("answer", language, edit)
        if foreign := acts.foreign(unnamed, language):
            return self._failed("unanswerable", language, missing=tuple(foreign))
        lexicon = self._lexicons[language]
        items = read_items(question, lexicon, names, now)
        if not items:  # nothing but what is no word
            return self._failed("clarify", language, message=say("of_what", language))
        said = [f" {item.folded} " for item in items if (item.turns or item.meanings) and " " in item.folded]
        if vague := [
            word for word in acts.too_vague(unnamed, language) if not any(f" {word} " in turn for turn in said)
        ]:
            return self._failed("clarify", language, message=say("vague", language, word=vague[0]))
        if understood is not None and (edit := edited(understood, items, fold(question), language)):
            return Parse("answer", language, edit, items=items)
        previous = self._previous(after, names, now)
        try:
            figure = asks_a_figure(items)
            those = understood and about_those(question, understood, self.schema, language, read, figure=figure)
        except Unclear as unclear:
            return self._failed("clarify", language, message=unclear.message)
        if those is not None:
            return Parse("answer", language, those, items=items)
        follows = is_follow_up(items)
        gone_on = bool(previous) and (follows or goes_on(items))
        if follows:
            if not previous:
                if any("group" in item.turns for item in items[:2] if not _each_first(items)) or not any(
                    item.means("kind") or item.name for item in items
                ):
                    return self._failed("clarify", language, message=say("of_what", language))
            else:
                items = continued(previous, items)
        elif gone_on:
            items = added_to(previous, items)
        if not previous and _this_one(items):
            return self._failed("clarify", language, message=say("which_this", language))
        try:
            earlier = () if gone_on else previous
            return self._alone_or_added(items, earlier, lexicon, names, question, language, literals, read)
        except Unheld as unheld:
            other = next((one for one in self._lexicons if one != language), None)
            if told is None and other and all(self._lexicons[other].knows(fold(word)) for word in unheld.missing):
                again = self.parse(
                    question, names, now, after, other, understood
                )  # the language was told by too few words
                if again.outcome == "answer":
                    return again
            if left_open := _left_open(unheld.missing, items):
                return self._failed("clarify", language, message=say(left_open, language), items=items)
            unread = tuple(item.text for item in items if item.unknown)
            if judged := acts.judged((*unheld.missing, *unread)):
                return self._failed("clarify", language, message=say("vague", language, word=judged), items=items)
            if not previous and (_IT_ALONE.match(fold(question)) or self._points_back(items, acts.pointing)):
                return self._failed("clarify", language, message=say("of_what", language), items=items)
            missing = tuple(dict.fromkeys((*unheld.missing, *unread)))
            named = tuple(text for text in missing if not acts.judged((text,)))
            return self._failed("unanswerable", language, missing=named or missing, items=items)
        except Unclear as unclear:
            return self._failed(
                "clarify", language, message=unclear.message, choices=unclear.choices, items=items, said=unclear.said
            )

    def _ordered(self, question: str, tokens: tuple[Token, ...], names: NameIndex) -> str | None:
        named = frozenset(
            at for at in range(len(tokens)) if (found := names.at(tokens, at)) is not None and found.exact
        )
        return order(question, tokens, self._knows, named)

    @staticmethod
    def _points_back(items: tuple[Item, ...], pointing: frozenset[str]) -> bool:
        """Whether a question names no kind of element, and goes on from one that was not asked, or points at something."""
        if any(item.means("kind") for item in items):
            return False
        return is_follow_up(items) or any(pointing.intersection(item.folded.split()) for item in items)

    def _knows(self, word: str) -> bool:
        """Whether a folded word means something in one of the languages."""
        return any(one.knows(word) for one in self._lexicons.values())

    def _alone_or_added(
        self,
        items: tuple[Item, ...],
        previous: tuple[Item, ...],
        lexicon: Lexicon,
        names: NameIndex,
        question: str,
        language: Language,
        literals: dict[str, str],
        read: Read,
    ) -> Parse:
        """The reading by itself; of a few words that ask for nothing, the one with those of the question before."""
        if previous and is_fragment(items):
            with suppress(Unheld, Unclear):
                return self._understood(added_to(previous, items), lexicon, names, question, language, literals)
        try:
            return self._understood(items, lexicon, names, question, language, literals)
        except (Unheld, Unclear):
            if (first := ranked(question, language, read, sure=False)) is not None:
                return Parse("answer", language, first, items=items)
            bare = _REMARK.sub("", question)
            if bare != question and (asked := read(bare)) is not None:
                return Parse("answer", language, asked, items=items)
            raise

    def _understood(
        self,
        items: tuple[Item, ...],
        lexicon: Lexicon,
        names: NameIndex,
        question: str,
        language: Language,
        literals: dict[str, str],
    ) -> Parse:
        asked = special(items, lexicon)
        if asked is None and (more := beyond(items)) is not None:
            frame = self._read(more.items, lexicon, names, question, literals)
            asked = query_beyond(more, frame, language, self.ways.overlap)
        if asked is None and (tally := tallied(items, question, language)) is not None:
            asked = self._tallied(tally, lexicon, names, question, literals)
        if asked is None:
            pair = compared(items, language)
            said = over_time(items, lexicon) if pair is None else pair.items
            grammar = Grammar(said, lexicon, self.ways, names, question)
            grammar.literals = literals
            grammar.compares = pair is not None
            frame = grammar.read()
            if pair is not None:
                side(frame, pair, language)
            prepare_rate(frame, grammar.items)
            asked = Composer(frame, language).question()
        return Parse("answer", language, asked, items=items)

    def _tallied(
        self, tally: Tally, lexicon: Lexicon, names: NameIndex, question: str, literals: dict[str, str]
    ) -> Question:
        """Two numbers, each read as a question of its own."""
        first, second = (self._read(items, lexicon, names, question, literals) for items in tally.sides)
        return tally_query(tally, (first, second), lexicon.language)

    def _read(
        self, items: Sequence[Item], lexicon: Lexicon, names: NameIndex, question: str, literals: dict[str, str]
    ) -> Frame:
        grammar = Grammar(items, lexicon, self.ways, names, question)
        grammar.literals = literals
        return grammar.read()

    def _previous(self, after: Sequence[str], names: NameIndex, now: datetime) -> tuple[Item, ...]:
        items: tuple[Item, ...] = ()
        for text in after:
            detected = detect_language(tokenise(composed(text)))
            lexicon = self._lexicons.get(detected) or next(iter(self._lexicons.values()))
            read = read_items(self._apart(spelt_out(text)), lexicon, names, now)
            items = continued(items, read) if items and is_follow_up(read) else read
        return items

    def _apart(self, question: str) -> str:
        """The question with words apart that are written as one: RHEL7, win2012, P1/P2."""
        for pattern, words in self.idioms.shorthand:
            question = pattern.sub(words, question)
        if self._glued is not None:
            question = self._glued.sub(lambda found: " ".join(filter(None, found.groups())), question)

        def parted(found: re.Match[str]) -> str:
            known = all(self._knows(fold(part)) for part in found.groups()) and not self._knows(fold(found.group()))
            return f"{found.group(1)}, {found.group(2)}" if known else found.group()

        return _PAIR.sub(parted, question)

    def _language(self, tokens: tuple[Token, ...], after: Sequence[str]) -> Language:
        """The language by its function words; where these tell nothing, by which of the two knows more of the words."""
        fallback = self._fallback(after)
        if after or detect_language(tokens, "fr") == detect_language(tokens, "en"):
            return detect_language(tokens, fallback)
        words = [token.folded for token in tokens if token.kind == "word"]
        known = {language: lexicon.own_words(words) for language, lexicon in self._lexicons.items()}
        best = max(known, key=lambda language: known[language], default=fallback)
        return best if known and known[best] > min(known.values()) else fallback

    def _fallback(self, after: Sequence[str]) -> Language:
        return detect_language(tokenise(composed(after[-1]))) if after else "fr"

    def _failed(
        self,
        outcome: Outcome,
        language: Language,
        *,
        message: str = "",
        choices: tuple[str, ...] = (),
        missing: tuple[str, ...] = (),
        items: tuple[Item, ...] = (),
        said: str = "",
    ) -> Parse:
        if missing and not message:
            message = say("not_held", language, what=", ".join(missing))
        return Parse(outcome, language, None, message, choices, missing, items, said)


_THIS: Final = frozenset({"ce", "cet", "cette", "this", "that", "celui", "celle"})


def _each_first(items: tuple[Item, ...]) -> bool:
    """Whether a question begins with what its answer has one row of each of: for each team, the oldest server."""
    return bool(set(items[0].folded.split()) & EACH) and sum(bool(item.means("kind")) for item in items) > 1


def _this_one(items: tuple[Item, ...]) -> bool:
    """Whether a question points at something that nothing before it names: this change."""
    return any(
        item.folded in _THIS
        and following.means("kind")
        and not following.name
        and not (at + 2 < len(items) and items[at + 2].name)
        for at, (item, following) in enumerate(pairwise(items))
    )


def _outside_names(tokens: tuple[Token, ...], names: NameIndex) -> tuple[Token, ...]:
    """The words of a question that are not within a whole name of several words."""
    kept, at = [], 0
    while at < len(tokens):
        found = names.at(tokens, at)
        if found is not None and found.exact and found.after - at > 1:
            at = found.after
            continue
        kept.append(tokens[at])
        at += 1
    return tuple(kept)


def _left_open(missing: tuple[str, ...], items: tuple[Item, ...]) -> str:
    """What is to be asked back where all that was not read is that something is compared, or that there is a period."""
    asked = {item.text: "which_figure" for item in items if compares(item)}
    asked |= {item.text: "which_period" for item in items if item.folded in _A_PERIOD}
    return asked.get(missing[0], "") if all(text in asked for text in missing) else ""
