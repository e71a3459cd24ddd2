"""The query of two numbers: figures of one row where nothing groups them, two figures of each group else, or what has more."""

from __future__ import annotations

from dataclasses import replace

from agent.language.compose import Composer
from agent.language.frame import Frame, Node
from agent.language.outcome import Unclear
from agent.language.tallies import Tally
from agent.language.turns import Language
from agent.language.wordings import say
from agent.query import model as m


def tally_query(tally: Tally, frames: tuple[Frame, Frame], language: Language) -> m.Question:
    """The question of both. Raises Unclear where they cannot stand in one answer."""
    first, second = frames
    assumptions = tuple(dict.fromkeys((*first.assumptions, *second.assumptions)))
    if tally.elements:
        body: m.Body = _having_more(tally, first, second, language)
    elif not first.groups and not second.groups:
        selects = [_number(frame, language) for frame in frames]
        sides = tuple(m.Side(label, select) for label, select in zip(tally.labels, selects, strict=True))
        body = m.Versus(sides, difference=False, beside=True)
    elif first.target is not None and second.target is not None and first.target.kind == second.target.kind:
        body = _of_one_kind(tally, first, second, language)
    else:
        body = _of_each(tally, first, second, language)
    return m.Question(body, language, as_of=first.as_of, assumptions=assumptions)


def _number(frame: Frame, language: Language) -> m.Select:
    frame.mode = "count"
    select = Composer(frame, language).question().body
    if not isinstance(select, m.Select) or len(select.columns) != 1:
        raise Unclear(say("which_figure", language))
    return select


def _having_more(tally: Tally, first: Frame, second: Frame, language: Language) -> m.Select:
    """Elements that have more of one than of the other."""
    composers = Composer(first, language), Composer(second, language)
    numbers, counted = [], []
    for composer in composers:
        composer.reroot()
        (node,) = _measured(composer.frame, language)
        counted.append(node)
        numbers.append(m.HowMany(composer.below(composer.top(node)), node.name))
        composer.frame.most, composer.frame.limit, composer.frame.ties = "", None, False
    if first.target is None or second.target is None or first.target.name != second.target.name:
        raise Unclear(say("which_figure", language))
    first.mode = "list"
    counted[0].bound, counted[0].beyond = (tally.sign, 0.0), numbers[1]
    select = composers[0].question().body
    assert isinstance(select, m.Select)
    return select


def _measured(frame: Frame, language: Language) -> list[Node]:
    found = [node for node in frame.nodes if node.measured and not node.absent]
    if len(found) != 1 or frame.groups:
        raise Unclear(say("which_figure", language))
    return found


def _of_one_kind(tally: Tally, first: Frame, second: Frame, language: Language) -> m.Select:
    """Elements of one kind, of each group those of one sort and those of another."""
    one, other = first.target, second.target
    assert one is not None
    assert other is not None
    composers = Composer(first, language), Composer(second, language)
    for composer in composers:
        composer.reroot()
    _same_groups(first, second)
    if first.groups != second.groups or one.name != other.name:
        raise Unclear(say("which_figure", language))
    common = [condition for condition in one.where if condition in other.where]
    branches = [{child.name: composer.below(child) for child in composer.children(node)}
                for composer, node in zip(composers, (one, other), strict=True)]  # fmt: skip
    shared = {name for name, pattern in branches[0].items() if branches[1].get(name) == pattern}
    tests = []
    for composer, node in zip(composers, (one, other), strict=True):
        own = [condition for condition in node.where if condition not in common]
        for child in composer.children(node):
            if child.name not in shared:
                own += composer._tests(child) if child.tested else [m.Exists(composer.below(child))]
        tests.append(m.all_of(own))
    first.apart = [child for child in composers[0].children(one) if child.name not in shared]
    one.where = common
    first.tally = list(zip(tally.labels, tests, strict=True))
    select = composers[0].question().body
    assert isinstance(select, m.Select)
    return select


def _same_groups(first: Frame, second: Frame) -> None:
    """Call the groups of the second as those of the first, where they are reached in the same way."""
    for place, (one, other) in enumerate(zip(first.groups, second.groups, strict=False)):
        if not (isinstance(one, m.Itself | m.Attribute) and isinstance(other, m.Itself | m.Attribute)):
            continue
        mine = next((n for n in first.nodes if n.name == one.of), None)
        theirs = next((n for n in second.nodes if n.name == other.of), None)
        if mine is not None and theirs is not None and (mine.kind, mine.way) == (theirs.kind, theirs.way):
            theirs.name = mine.name
            second.groups[place] = replace(other, of=mine.name)


def _of_each(tally: Tally, first: Frame, second: Frame, language: Language) -> m.Select:
    """Of each element of a kind, how many there are of two others."""
    columns: list[m.Column] = []
    entities: list[m.Entity] = []
    for label, frame in zip(tally.labels, (first, second), strict=True):
        group = frame.groups[0] if len(frame.groups) == 1 else None
        node = next((n for n in frame.nodes if isinstance(group, m.Itself) and n.name == group.of), None)
        if node is None or frame.target is None:
            raise Unclear(say("which_figure", language))
        counted, frame.target = frame.target, node
        composer = Composer(frame, language)
        composer.reroot()
        entity = m.Entity("each", (node.kind,), composer._entity(node).named, None)
        if node.where or (entities and entities[0] != entity) or composer.top(counted) not in composer.children(node):
            raise Unclear(say("which_figure", language))
        if len(composer.children(node)) != 1:
            raise Unclear(say("which_figure", language))
        node.name = "each"
        entities = [entity]
        number = m.HowMany(composer.below(composer.top(counted)), counted.name)
        columns.append(m.Column(f"count_{len(columns) + 1}", number, label))
    name = entities[0].kinds[0]
    return m.Select(
        m.Pattern(tuple(entities)), (m.Column(name[:1].lower() + name[1:], m.Itself("each")), *columns), "each"
    )
