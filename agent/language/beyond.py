"""Elements beyond a figure that is not said but reckoned: above the average, dearer than another, with more incidents than one.

The question is read without what it is compared with; what it then shows of each element is compared with that figure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.language.compose import Composer
from agent.language.frame import Frame
from agent.language.items import Item
from agent.language.names import NamedElement
from agent.language.outcome import Unclear
from agent.language.reading.words import SUPERLATIVES, words
from agent.language.tallies import is_kind
from agent.language.turns import Language
from agent.language.wordings import say
from agent.query import model as m
from agent.query.emit_select import subject_of
from agent.query.scope import aggregated

_A: Final = words("a")
"""Before a figure that is compared these do not say that there is one: a longer RTO than X."""
_THAN: Final = frozenset({"que", "qu", "than"})
_MORE: Final = dict.fromkeys(words("more than"), ">") | dict.fromkeys(words("less than"), "<")
_COMPARED: Final = {"older than": "oldest", "newer than": "newest", "younger than": "newest", "bigger than": "largest",
                    "larger than": "largest", "smaller than": "smallest"}  # fmt: skip
_OVER: Final = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


@dataclass(frozen=True, slots=True)
class Beyond:
    """The items without the figure, and what is compared: by which sign, with one element's figure or with the mean."""

    items: tuple[Item, ...]
    sign: str
    named: NamedElement | None
    counts: bool  # how many there are is asked of the elements
    by_rank: bool  # what is compared is what a superlative would sort by


def beyond(items: Sequence[Item]) -> Beyond | None:
    """What a question compares with a figure that it does not say; None where it does not."""
    for at in range(2, len(items)):
        mean, element = "mean" in items[at].turns, _element(items[at])
        if not mean and element is None:
            continue
        before, than = _before(items, at)
        if than or (mean and _over(items[before])):
            found = _made(items, at, before, than, element if not mean else None)
            if found is not None:
                return found
    return None


def _made(items: Sequence[Item], at: int, before: int, than: bool, element: NamedElement | None) -> Beyond | None:
    more = before if not than or _over(items[before]) else _more(items, before)
    if more is None:
        return None
    word, alone = items[more], not any(item.means("attribute") or item.means("measure") for item in items[:at])
    if alone and word.folded in _COMPARED:
        word = replace(word, turns=(_COMPARED[word.folded],), empty=False)
    sort = next((turn for turn in word.turns if turn in SUPERLATIVES), "")
    sign = _over(word) or _MORE.get(word.folded, "") or (">" if SUPERLATIVES.get(sort, ("", True))[1] else "<")
    between = items[more + 1 : before + 1] if than else ()
    rest = [item for item in items[at + 1 :] if not item.empty]
    if any(item.means("kind") or item.name for item in rest) or any(item.number is not None for item in between):
        return None
    counted = any(is_kind(item) for item in between)
    kept = [item for at, item in enumerate(items[:more]) if at < more - 2 or item.folded not in _A]
    if sort:
        kept.append(word)
    elif counted:
        kept.append(replace(word, turns=("most",), empty=False, meanings=()))
    kept += [*between, *items[at + 1 :]]
    counts = bool(kept) and "count" in kept[0].turns
    if not than:
        number = next((n for n, item in enumerate(kept) if n and "count" in item.turns), None)
        if number is not None:
            kept[number] = replace(kept[number], turns=("most",), meanings=(), empty=False)
    if counts:
        kept = kept[1:]
    return Beyond(tuple(kept), sign, element, counts, bool(sort))


def query_beyond(said: Beyond, frame: Frame, language: Language, alike: Callable[[str, str], bool]) -> m.Question:
    """The query of such a question; `alike` tells whether one element may be of two kinds. Raises Unclear."""
    target = frame.target
    frame.mode = "list"
    measured = [node for node in frame.nodes if node.measured and not node.absent]
    if target is None or target.named or frame.groups or len(measured) > 1:
        raise Unclear(say("which_figure", language))
    if said.named is not None and not alike(said.named.kind, target.kind):
        raise Unclear(say("which_figure", language))
    if measured:
        return _counted(said, frame, language)
    value = _compared(said, frame, language)
    if said.by_rank:
        frame.order_by, frame.limit, frame.ties = [], None, False
        if isinstance(value, m.Attribute):
            frame.outputs.append((target, value.name))
    question = Composer(frame, language).question()
    select = question.body
    if not isinstance(select, m.Select) or any(hop.maximum != 1 for hop in select.pattern.hops):
        raise Unclear(say("which_figure", language))
    function: m.Function = "average" if said.named is None else "maximum"
    pattern = select.pattern if said.named is None else _of_one(select.pattern, target.name, said.named, alone=True)
    figure = m.Overall(m.Select(pattern, (m.Column("figure", m.Aggregate(function, value)),), target.name))
    return replace(question, body=_narrowed(said, select, m.Compare(value, said.sign, figure)))  # type: ignore[arg-type]


def _counted(said: Beyond, frame: Frame, language: Language) -> m.Question:
    """Elements that have more of something than one of them has, or than they have on average."""
    target = frame.target
    assert target is not None
    frame.most, frame.limit, frame.ties = "", None, False
    (node,) = [one for one in frame.nodes if one.measured and not one.absent]
    select = Composer(frame, language).question().body
    if not isinstance(select, m.Select):
        raise Unclear(say("which_figure", language))
    number: m.Value = m.Aggregate("count", m.Itself(node.name))
    pattern = select.pattern
    if said.named is not None:
        pattern = _of_one(pattern, target.name, said.named, alone=False)
    else:
        number = m.Arithmetic(number, "/", m.Aggregate("count", m.Itself(target.name)))
        frame.assumptions.append(say("groups_with_some", language))
    node.bound = (said.sign, 0.0)
    node.beyond = m.Overall(m.Select(pattern, (m.Column("figure", number),), target.name))
    question = Composer(frame, language).question()
    assert isinstance(question.body, m.Select)
    return replace(question, body=_narrowed(said, question.body, None))


def _narrowed(said: Beyond, select: m.Select, condition: m.Condition | None) -> m.Select:
    parts = [one for one in (select.pattern.where, condition) if one is not None]
    pattern = replace(select.pattern, where=m.all_of(parts))
    if not said.counts:
        return replace(select, pattern=pattern)
    columns = (m.Column("count", m.Aggregate("count", m.Itself(subject_of(select)))),)
    return replace(select, pattern=pattern, columns=columns, order=(), limit=None)


def _of_one(pattern: m.Pattern, name: str, element: NamedElement, *, alone: bool) -> m.Pattern:
    """The pattern of one element that is named in place of those that are asked for."""
    named = m.Named((element.id,), (element.name,), f"{name}Compared")
    entities = tuple(replace(e, named=named, where=None) if e.name == name else e for e in pattern.entities)
    if alone:
        return m.Pattern(tuple(e for e in entities if e.name == name))
    return m.Pattern(entities, pattern.hops, pattern.where)


def _compared(said: Beyond, frame: Frame, language: Language) -> m.Value:
    """What is compared: the figure that the question shows of each element."""
    if said.by_rank and frame.order_by:
        return frame.order_by[-1][0]
    if frame.measures and not frame.functions and not aggregated(frame.measures[-1].value):
        return frame.measures[-1].value
    if frame.outputs and frame.outputs[-1][0] is frame.target:
        node, name = frame.outputs[-1]
        return m.Attribute(node.name, name)
    raise Unclear(say("which_figure", language))


def _element(item: Item) -> NamedElement | None:
    elements = [e for e in item.name.elements if "." not in e.kind] if item.name is not None else []
    return elements[0] if len(elements) == 1 else None


def _before(items: Sequence[Item], at: int) -> tuple[int, bool]:
    """The item that stands before, without small words and the kind of what is named, and whether "than" was among them."""
    than, before = False, at - 1
    while before > 0:
        word = items[before].folded.split()[:1]
        if word and word[0] in _THAN and not items[before].meanings:
            than = True
        elif not (items[before].empty or (not than and items[before].means("kind") and items[at].name is not None)):
            break
        before -= 1
    if any(words[-1:] and words[-1] in _THAN for words in [items[before].folded.split()]) and _over(items[before]):
        than = True
    return before, than


def _over(item: Item) -> str:
    return next((sign for turn, sign in _OVER.items() if turn in item.turns), "") if item.number is None else ""


def _more(items: Sequence[Item], before: int) -> int | None:
    """Where it says more, or dearer: the last such word before "than"."""
    for at in range(before, max(-1, before - 5), -1):
        if items[at].folded in _MORE or set(items[at].turns) & SUPERLATIVES.keys():
            return at
    return None
