"""Rules about a folder as a whole: numbers, dependencies, ways back that are not there."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from wishkit.core.lint.book import Spot, of_file, of_folder, of_pair
from wishkit.core.order import depends_line, unknown_dependency
from wishkit.core.plan import no_way_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wishkit.core.lint.reading import Around, File, Pair
    from wishkit.errors import WishkitError


def spot(error: WishkitError) -> Spot:
    """What an error says, as a finding."""
    if error.where is None:
        raise error
    return Spot(error.where, error.message, "\n".join(filter(None, (*error.notes, error.help))))


@of_folder("number-gap")
def _gap(pairs: Sequence[Pair], _around: Around) -> Iterator[Spot]:
    for before, pair in pairwise(pairs):
        last, number = int(before.migration.number), int(pair.migration.number)
        if number > last + 1:
            missing = f"{last + 1:04}" + (f" to {number - 1:04}" if number > last + 2 else "")
            yield Spot(
                pair.forward.top,
                f"{missing} is left out before {pair.id}: was a migration forgotten, or is it on "
                "its way from another branch?",
                f"rename both of its files to the next number, {last + 1:04}, if none is to come",
            )


@of_pair("backward-missing")
def _backward_missing(pair: Pair, _around: Around) -> Iterator[Spot]:
    if pair.backward is None and pair.forward.header.irreversible is None:
        yield spot(no_way_back(pair.migration))


@of_pair("irreversible-twice")
def _irreversible(pair: Pair, _around: Around) -> Iterator[Spot]:
    if pair.backward is not None and pair.forward.header.irreversible is not None:
        yield Spot(
            pair.backward.top,
            f"{pair.id} is said to be irreversible, but has a backward file",
            "either remove this file, or the `-- irreversible:` line of the forward file",
        )


@of_file("summary-missing")
def _summary(file: File, _around: Around) -> Iterator[Spot]:
    if not file.header.summary and file.statements:
        yield Spot(
            file.top,
            "nothing says in a line what this is: status, plans and reports show the first comment "
            "line",
            f"begin the file with one:\n-- {_words(file)}",
        )


def _words(file: File) -> str:
    """A first try at a summary: what the id says."""
    words = file.id[5:].replace("_", " ")
    return words if file.forward else f"undoes: {words}"


@of_folder("unknown-dependency")
def _unknown(pairs: Sequence[Pair], around: Around) -> Iterator[Spot]:
    for pair in pairs:
        for needed in pair.forward.header.depends:
            if needed not in around.ids:
                yield spot(unknown_dependency(pair.migration, needed, around.ids))


@of_folder("dependency-cycle")
def _cycle(pairs: Sequence[Pair], _around: Around) -> Iterator[Spot]:
    needs = {pair.id: pair.forward.header.depends for pair in pairs}
    by_id = {pair.id: pair for pair in pairs}
    told: set[str] = set()
    for id_ in needs:
        path = _circle(id_, needs)
        if path and not told & {*path}:
            told |= {*path}
            yield Spot(
                depends_line(by_id[id_].migration, path[1]),
                f"migrations depend on each other in a circle: {' → '.join(path)}"
                if path[2:]
                else f"{id_} depends on itself",
                'an arrow means "depends on": remove the `-- depends:` that is not so',
            )


def _circle(start: str, needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The way along dependencies from a migration back to itself; empty where there is none."""
    came_from: dict[str, str] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        for needed in needs.get(here, ()):
            if needed == start:
                path = [here, start]
                while path[0] != start:
                    path.insert(0, came_from[path[0]])
                return path
            if needed not in came_from:
                came_from[needed] = here
                waiting.append(needed)
    return []
