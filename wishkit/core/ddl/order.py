"""In which order objects are made: what others need first, and what is read together."""

from __future__ import annotations

import heapq
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Node = TypeVar("Node")


def in_order(
    needs: Mapping[Node, set[Node]], place: Callable[[Node], tuple[object, ...]]
) -> list[Node]:
    """All nodes, each behind what it needs, and else where it is read best.

    Args:
        needs: of every node.
        place: sorts them for reading; of all nodes that may come next the first one does.

    Raises:
        CycleError: they need each other; its second argument is the circle.
    """
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    waiting: list[tuple[tuple[object, ...], int, Node]] = []
    numbers: dict[Node, int] = {}
    order: list[Node] = []
    while sorter.is_active():
        for node in sorter.get_ready():
            numbers[node] = len(numbers)
            heapq.heappush(waiting, (place(node), numbers[node], node))
        *_, node = heapq.heappop(waiting)
        order.append(node)
        sorter.done(node)
    return order


def circle(needs: Mapping[Node, set[Node]]) -> list[Node]:
    """Nodes each of which is needed by the next, the last one by the first; empty if none are.

    The same one for the same needs, in whichever order they come.
    """
    # Nodes are names, and a set of names is in another order in every process.
    ordered = sorted(needs, key=repr)
    try:
        TopologicalSorter({it: sorted(needs[it], key=repr) for it in ordered}).prepare()
    except CycleError as error:
        found: list[Node] = error.args[1][1:]
        return found
    return []


def knots(needs: Mapping[Node, set[Node]]) -> list[set[Node]]:
    """Groups of nodes that all need each other, be it through others.

    These are the strongly connected components of more than one node (Tarjan, "Depth-first search
    and linear graph algorithms", 1972), found in one pass.
    """
    numbers: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    open_: dict[Node, None] = {}  # whose group is not known, in the order they were met
    found = []
    for start in needs:
        path = [] if start in numbers else [(start, iter(needs[start]))]
        while path:
            node, rest = path[-1]
            if node not in numbers:
                numbers[node] = lowest[node] = len(numbers)
                open_[node] = None
            other = next(rest, None)
            if other is not None:
                if other not in numbers:
                    path.append((other, iter(needs[other])))
                elif other in open_:
                    lowest[node] = min(lowest[node], numbers[other])
                continue
            path.pop()
            if path:
                outer = path[-1][0]
                lowest[outer] = min(lowest[outer], lowest[node])
            if lowest[node] == numbers[node]:
                found.append(_closed(open_, node))
    return [it for it in found if len(it) > 1]


def _closed(open_: dict[Node, None], first: Node) -> set[Node]:
    """Take a node off those whose group is not known, and all that came behind it."""
    group: set[Node] = set()
    while first not in group:
        group.add(open_.popitem()[0])
    return group


def reached(start: set[Node], needs: Mapping[Node, set[Node]]) -> set[Node]:
    """What some nodes need, and what that needs, and so on; themselves included."""
    found, rest = set(start), list(start)
    while rest:
        for node in needs[rest.pop()] - found:
            found.add(node)
            rest.append(node)
    return found
