"""In which order states follow from one another: what is needed first; cycles as groups that are solved together."""

from __future__ import annotations

from collections.abc import Sequence


def groups_in_order(needs: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Strongly connected groups of positions, every group after those that it needs; within a group by position.

    Tarjan, "Depth-first search and linear graph algorithms" (1972), without recursion.
    """
    count = len(needs)
    number = [-1] * count
    low = [0] * count
    open_ = [False] * count
    stack: list[int] = []
    found: list[tuple[int, ...]] = []
    counter = 0
    for root in range(count):
        if number[root] >= 0:
            continue
        number[root] = low[root] = counter
        counter += 1
        stack.append(root)
        open_[root] = True
        work = [(root, 0)]
        while work:
            at, following = work[-1]
            if following < len(needs[at]):
                work[-1] = (at, following + 1)
                other = needs[at][following]
                if number[other] < 0:
                    number[other] = low[other] = counter
                    counter += 1
                    stack.append(other)
                    open_[other] = True
                    work.append((other, 0))
                elif open_[other]:
                    low[at] = min(low[at], number[other])
                continue
            work.pop()
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[at])
            if low[at] == number[at]:
                members = []
                while True:
                    member = stack.pop()
                    open_[member] = False
                    members.append(member)
                    if member == at:
                        break
                found.append(tuple(sorted(members)))
    return found
