"""From a frame to the intermediate query."""

from __future__ import annotations

from collections.abc import Callable

from agent.language.figures import functions_of, mean_of_counts, side_by_side
from agent.language.frame import Node
from agent.language.outcome import Unclear
from agent.language.patterns import Patterns
from agent.language.wordings import say
from agent.query import model as m
from agent.query.scope import aggregated


class Composer(Patterns):
    """Builds the query of one frame."""

    def question(self) -> m.Question:
        """The whole question. Raises Unclear."""
        return m.Question(
            self._select(),
            self.language,
            as_of=self.frame.as_of,
            assumptions=tuple(dict.fromkeys(self.frame.assumptions)),
        )

    # --- the select ------------------------------------------------------------------------------------------------

    def _select(self) -> m.Select:
        frame = self.frame
        self.reroot()
        target = frame.target
        assert target is not None
        for node in frame.nodes:
            if node is not target and node.parent is None:
                raise Unclear(say("of_what", self.language))
        apart = self._apart()
        entities: list[m.Entity] = [self._entity(target)]
        hops: list[m.Hop] = []
        conditions: list[m.Condition] = []
        few = {id(self.top(node)): node for node in frame.nodes if self._few(node)}
        for child in self.children(target):
            if child in apart:
                continue
            if self._bounds(child):
                conditions.append(self._so_many(child))
                continue
            if id(child) in few:
                conditions.append(self._so_many(few[id(child)]))
                continue
            if child.tested:
                conditions += self._tests(child)
                continue
            inner = self.below(child)
            if self._test_only(child):
                conditions.append(m.Exists(inner))
            else:
                entities += inner.entities
                hops += list(inner.hops)
                if inner.where is not None:
                    conditions.append(inner.where)
        columns, having, order = self._columns(target, apart)
        pattern = m.Pattern(tuple(entities), tuple(hops), m.all_of(conditions))
        limit = frame.limit if order else None
        form = "yes or no" if frame.mode == "yes" and not frame.groups else "rows"
        if form == "yes or no":
            return m.Select(pattern, (), target.name, form="yes or no")
        per = self._per(target)
        return m.Select(
            pattern,
            tuple(columns),
            target.name,
            having,
            tuple(order),
            (frame.limit or 1) if per else limit,
            per=tuple(column.name for column in columns[: len(frame.groups)]) if per else (),
            ties=frame.ties and limit == 1 and not per,
        )

    def _per(self, target: Node) -> bool:
        """Whether the best of each group are asked for: the application that costs most of each team."""
        frame = self.frame
        own = all(isinstance(value, m.Attribute) and value.of == target.name for value, _ in frame.order_by)
        figures = frame.function or frame.measures or frame.most
        return bool(frame.groups and frame.order_by and own and frame.mode == "list" and not figures)

    def _test_only(self, child: Node) -> bool:
        """Whether a branch is a mere condition: nothing of it is shown, grouped or counted, and it could repeat rows."""
        frame = self.frame
        below, measured = [child], [measure.value for measure in frame.measures]
        for node in below:
            below += self.children(node)
        shown = {
            value.of
            for value in [*frame.groups, *measured, *(v for v, _ in frame.order_by)]
            if isinstance(value, m.Attribute | m.Itself)
        }
        shown |= {
            part.of
            for value in measured
            if isinstance(value, m.Elapsed)
            for part in (value.start,)
            if isinstance(part, m.Attribute)
        }
        shown |= {node.name for node, _ in frame.outputs} | {node.name for node in frame.shown}
        if any(node.name in shown or node.measured for node in below):
            return False
        return bool(frame.function) or any(isinstance(v, m.Attribute) for v in measured)

    def _apart(self) -> list[Node]:
        """Of a rate, the branches that the part is asked for and the whole is not."""
        if any(node.parent is not self.frame.target for node in self.frame.apart):
            raise Unclear(say("which_figure", self.language))
        return self.frame.apart

    def _columns(self, target: Node, apart: list[Node]) -> tuple[list[m.Column], m.Condition | None, list[m.Sort]]:
        frame = self.frame
        columns: list[m.Column] = []
        names: set[str] = set()
        elements = {node.name for node in frame.nodes}

        def add(name: str, value: m.Value) -> str:
            base, count = name, 1
            while name in names or name in elements:
                count += 1
                name = f"{base}{count}"
            names.add(name)
            columns.append(m.Column(name, value))
            return name

        having: m.Condition | None = None
        order: list[m.Sort] = []
        counted = [n for n in frame.nodes if n.measured and not (n.absent or self._bounds(n) or self._few(n))]
        mean = mean_of_counts(frame, target, self.language)
        if mean is not None:
            return [mean], None, []
        for value, name in zip(frame.groups, frame.group_names, strict=True):
            add(_plain(name), value)
        if frame.function == "sum" and not frame.measures:
            frame.functions.clear()
            frame.mode = "count" if frame.mode == "list" else frame.mode
        if frame.mode == "count" and frame.outputs and target.named and not frame.groups:
            frame.mode = "list"
        for label, test in frame.tally:
            count = m.Aggregate("count", m.Itself(target.name), where=test)
            columns.append(m.Column(f"count_{len(columns) + 1}", count, label))
        if frame.tally:
            pass
        elif frame.mode == "ratio":
            self._ratio(target, apart, add)
        elif frame.function or frame.measures:
            if not frame.measures:
                raise Unclear(say("which_figure", self.language))
            if frame.function or frame.groups or (not target.named and frame.mode == "list" and frame.function):
                if frame.counted:
                    add("count", m.Aggregate("count", m.Itself(target.name)))
                for measure, functions in functions_of(frame, self.language):
                    for function in functions:
                        figure = add(f"{function}_{_plain(measure.name)}", self._figure(function, measure.value))
                        if frame.groups and frame.most and not order:
                            first = "count" if frame.counted else figure
                            order.append(m.Sort(m.ColumnOf(first), frame.most == "most"))
            else:
                add(_plain(target.kind), m.Itself(target.name))
                for measure in frame.measures:
                    add(_plain(measure.name), measure.value)
        elif counted:
            if not frame.groups:
                add(_plain(target.kind), m.Itself(target.name))
            for node in counted:
                name = add(f"{_plain(node.kind)}_count", m.Aggregate("count", m.Itself(node.name)))
                if node.bound:
                    bound: m.Condition = m.Compare(m.ColumnOf(name), node.bound[0], m.Constant(_number(node.bound[1])))  # type: ignore[arg-type]
                    if node.bound_to is not None:
                        top = m.Compare(m.ColumnOf(name), "<=", m.Constant(_number(node.bound_to)))
                        bound = m.All((bound, top))
                    having = bound if having is None else m.All((having, bound))
                if frame.most:
                    order.append(m.Sort(m.ColumnOf(name), frame.most == "most"))
            if frame.most and frame.limit is None and not target.plural:
                frame.limit, frame.ties = 1, True
        elif self._per(target):
            add(_plain(target.kind), m.Itself(target.name))
            for value, descending in frame.order_by:
                assert isinstance(value, m.Attribute)
                order.append(m.Sort(m.ColumnOf(add(_plain(value.name), value)), descending))
        elif frame.mode == "count" or frame.groups:
            name = add("count", m.Aggregate("count", m.Itself(target.name)))
            if frame.most:
                order.append(m.Sort(m.ColumnOf(name), frame.most == "most"))
        else:
            if target.named and not frame.outputs and not frame.order_by and not target.where and len(frame.nodes) == 1:
                raise Unclear(say("mean_or", self.language, name=target.named[0].name))
            if not (target.named and frame.outputs):
                add(_plain(target.kind), m.Itself(target.name))
                if target.kind in ("Contract",):
                    add("name", m.Attribute(target.name, "name"))
            for node in filter(self._few, frame.nodes):
                add(f"{_plain(node.kind)}_count", m.HowMany(self.below(self.top(node)), node.name))
                if node.beyond is not None:
                    add("compared", node.beyond)
            for node in frame.shown:
                add(_plain(node.kind), m.Itself(node.name))
            for node, attribute in frame.outputs:
                add(_plain(attribute), m.Attribute(node.name, attribute))
            for value, descending in frame.order_by:
                name = add(_plain(value.name if isinstance(value, m.Attribute) else "figure"), value)
                order.append(m.Sort(m.ColumnOf(name), descending))
        if not order and not frame.order_by and len(frame.groups) == 1 and _bucket(frame.groups[0]):
            order = [m.Sort(m.ColumnOf(columns[0].name))]  # by month: in the order of time
        if frame.order_by and not order:
            order = [m.Sort(value, descending) for value, descending in frame.order_by]
        if frame.versus is not None:
            figure = next(column.name for column in columns if aggregated(column.value))
            columns = side_by_side(columns, frame.versus, self.language)
            if frame.versus.more:
                sides = m.ColumnOf(figure), m.ColumnOf(f"{figure}_compared")
                having = m.Compare(sides[0], frame.versus.more, sides[1])  # type: ignore[arg-type]
        return columns, having, order

    def _bounds(self, node: Node) -> bool:
        """Whether so many elements are a mere condition of what is counted, of a rate, of a yes: apps with over 3 servers."""
        counts = self.frame.mode in ("count", "yes", "ratio")
        return counts and node.measured and node.bound is not None and not self.frame.most

    def _figure(self, function: str, value: m.Value) -> m.Value:
        share = self.frame.share if function == "percentile" else None
        return m.Aggregate(function, value, share=share)  # type: ignore[arg-type]

    def _few(self, node: Node) -> bool:
        """Whether none of them is few enough, so that what has none is answered too: apps with fewer than 3 servers."""
        frame = self.frame
        through = self.top(node) is node or not self.top(node).explicit
        asked = frame.mode == "list" and node.measured and through
        if not asked or node.bound is None or frame.most or frame.groups or frame.function or frame.measures:
            return False
        if node.beyond is not None:
            return True
        sign, least = node.bound
        return sign in ("<", "<=") or (sign in ("=", ">=") and least == 0)

    def top(self, node: Node) -> Node:
        """What joins an element to the target: itself, or the first of those between them."""
        while node.parent is not None and node.parent is not self.frame.target:
            node = node.parent
        return node

    def _so_many(self, node: Node) -> m.Condition:
        assert node.bound is not None
        many = m.HowMany(self.below(self.top(node)), node.name)
        if node.beyond is not None:
            return m.Compare(many, node.bound[0], node.beyond)  # type: ignore[arg-type]
        if node.bound_to is not None:
            return m.Within(many, m.Constant(_number(node.bound[1])), m.Constant(_number(node.bound_to)), closed=True)
        return m.Compare(many, node.bound[0], m.Constant(_number(node.bound[1])))  # type: ignore[arg-type]

    def _ratio(self, target: Node, apart: list[Node], add: Callable[[str, m.Value], str]) -> None:
        frame = self.frame
        tests: list[m.Condition] = [condition for _, condition in frame.rate]
        for node in apart:
            if self._bounds(node):
                tests.append(self._so_many(node))
            else:
                tests += self._tests(node) if node.tested else [m.Exists(self.below(node))]
        if not tests:
            raise Unclear(say("which_figure", self.language))
        numerator = m.Aggregate("count", m.Itself(target.name), where=m.all_of(tests))
        add("percent", m.Ratio(numerator, m.Aggregate("count", m.Itself(target.name))))


def _bucket(value: m.Value) -> bool:
    return isinstance(value, m.Attribute) and value.period is not None


def _plain(name: str) -> str:
    text = "".join(c if c.isalnum() else "_" for c in name)
    return text[:1].lower() + text[1:]


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
