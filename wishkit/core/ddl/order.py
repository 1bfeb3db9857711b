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
    """Nodes each of which is needed by the next, the last one by the first; empty if none are."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        found: list[Node] = error.args[1][1:]
        return found
    return []


def reached(start: set[Node], needs: Mapping[Node, set[Node]]) -> set[Node]:
    """What some nodes need, and what that needs, and so on; themselves included."""
    found, rest = set(start), list(start)
    while rest:
        for node in needs[rest.pop()] - found:
            found.add(node)
            rest.append(node)
    return found
