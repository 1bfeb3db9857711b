"""Joining and leaving: ATTACH and DETACH PARTITION, PARTITION OF, INHERIT and NO INHERIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.locks.model import LockMode, Name, Reach
from wishkit.core.locks.tree import Tree, range_var

if TYPE_CHECKING:
    from wishkit.core.locks.draft import Draft

_READ = LockMode.ACCESS_SHARE
_UPKEEP = LockMode.SHARE_UPDATE_EXCLUSIVE
_GUARD = LockMode.SHARE_ROW_EXCLUSIVE
_ALL = LockMode.ACCESS_EXCLUSIVE

# A partition gets its parent's foreign keys and their triggers, in both directions; leaving, it
# keeps the outgoing ones and loses the incoming ones.
_JOIN = {
    Reach.DEFAULT_PARTITION: _ALL,
    Reach.REFERENCED: _GUARD,
    Reach.REFERENCING: _GUARD,
}
_LEAVE = {Reach.REFERENCED: _GUARD, Reach.REFERENCING: _ALL}


def inherit(draft: Draft, _table: Name, cmd: Tree) -> None:
    """INHERIT, and INHERITS in CREATE TABLE: SHARE UPDATE EXCLUSIVE on the parent."""
    draft.lock(range_var(cmd["def"]["RangeVar"]), _UPKEEP, why="it becomes the parent")


def disinherit(draft: Draft, _table: Name, cmd: Tree) -> None:
    """NO INHERIT: ACCESS SHARE on the parent."""
    draft.lock(range_var(cmd["def"]["RangeVar"]), _READ, why="it is the parent no more")


def partition_of(draft: Draft, parent: Name) -> None:
    """CREATE TABLE PARTITION OF: ATTACH PARTITION would lock the parent less (manual)."""
    draft.lock(parent, _ALL, why="it gets a partition", reach=_JOIN)
    if not draft.empty(parent):
        draft.long = True
        draft.unsure.append("the default partition, if any, is scanned")


def attach(draft: Draft, table: Name, cmd: Tree) -> None:
    """ATTACH PARTITION (manual): the default partition is locked and scanned too."""
    part = range_var(cmd["def"]["PartitionCmd"]["name"])
    for reach, mode in _JOIN.items():
        draft.beyond(table, reach, mode)
    draft.lock(
        part,
        _ALL,
        why="it becomes a partition",
        reach={Reach.DESCENDANTS: _ALL, Reach.REFERENCED: _GUARD},
    )
    draft.scan(part, "no scan where valid CHECK constraints prove the partition's bounds")
    draft.unsure.append("the default partition, if any, is scanned too unless a CHECK excludes it")


def attach_index(draft: Draft, index: Name, cmd: Tree) -> str:
    """ALTER INDEX ATTACH PARTITION: the tables are only read about."""
    part = range_var(cmd["def"]["PartitionCmd"]["name"])
    draft.lock(index, _UPKEEP, "index", reach={Reach.TABLE: _READ})
    draft.lock(part, _ALL, "index", why="it becomes a partition", reach={Reach.TABLE: _READ})
    return "ATTACH PARTITION"


def detach(draft: Draft, table: Name, cmd: Tree) -> tuple[str, LockMode]:
    """DETACH PARTITION, at once or CONCURRENTLY.

    The latter is two transactions (manual): the first takes SHARE UPDATE EXCLUSIVE and then
    waits for those who use the partitioned table; the second takes ACCESS EXCLUSIVE on the
    partition, which no query of the parent uses by then.
    """
    partition = cmd["def"]["PartitionCmd"]
    _leave(draft, table, partition)
    if partition.get("concurrent"):
        draft.autocommit = True
        return "DETACH PARTITION CONCURRENTLY", _UPKEEP
    draft.beyond(table, Reach.DEFAULT_PARTITION, _ALL)
    return "DETACH PARTITION", _ALL


def finalize(draft: Draft, table: Name, cmd: Tree) -> None:
    """DETACH PARTITION FINALIZE: the second half of one that was interrupted."""
    _leave(draft, table, cmd["def"]["PartitionCmd"])


def _leave(draft: Draft, table: Name, partition: Tree) -> None:
    for reach, mode in _LEAVE.items():
        draft.beyond(table, reach, mode)
    draft.long = True
    draft.unsure.append("tables whose foreign keys refer to it, if any, are scanned")
    part = range_var(partition["name"])
    draft.lock(part, _ALL, why="it is a partition no more", reach={Reach.DESCENDANTS: _ALL})
