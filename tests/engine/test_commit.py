"""The connection is lost at COMMIT: the ledger knows, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.proxy import Cut, commits

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Project
    from tests.engine.proxy import Moment, Proxy

FORWARD = "CREATE TABLE wish (id int); INSERT INTO wish VALUES (1);"
BACKWARD = "DROP TABLE wish;"


@pytest.mark.parametrize("moment", ["before", "half", "after", "answered"])
def test_lost_at_commit(
    project: Project, through_proxy: Callable[..., Proxy], moment: Moment
) -> None:
    project.pair("0001_wish", FORWARD, BACKWARD)
    project.pair("0002_more", "INSERT INTO wish VALUES (2);")
    proxy = through_proxy(cut=Cut(moment, lambda m: commits(m) and b"TABLE wish" in m))
    report = project.migrate()
    assert proxy.has_cut.is_set()
    if moment in {"after", "answered"}:
        assert report.error is None
        assert [d.id for d in report.done] == ["0001_wish", "0002_more"]
        assert any("lost at COMMIT" in note for note in project.notes("WARNING"))
    else:
        assert report.error is not None
        assert (report.error.code, report.error.exit_status) == ("connection-lost", 3)
        assert report.error.state == "0001_wish was rolled back; nothing is applied"
        assert project.history() == [("0001", "forward", "failed")]
        assert project.migrate().error is None
    assert project.rows("SELECT id FROM wish ORDER BY id") == [(1,), (2,)]
    project.assert_done()


@pytest.mark.parametrize("moment", ["before", "half", "after", "answered"])
def test_lost_at_the_commit_of_a_rollback(
    project: Project, through_proxy: Callable[..., Proxy], moment: Moment
) -> None:
    project.pair("0001_wish", FORWARD, BACKWARD)
    assert project.migrate().error is None
    proxy = through_proxy(cut=Cut(moment, lambda m: commits(m) and b"DROP TABLE wish" in m))
    error = project.rollback(steps=1).error
    assert proxy.has_cut.is_set()
    if moment in {"after", "answered"}:
        assert error is None
    else:
        assert error is not None
        assert (error.code, error.exit_status) == ("connection-lost", 3)
        assert error.state == "0001_wish stays applied; the database is at 0001_wish"
        assert project.states() == {"0001": "applied"}
        assert project.rollback(steps=1).error is None
    assert project.states() == {"0001": "pending"}
    assert project.value("SELECT to_regclass('wish') IS NULL")
    project.assert_sound()


@pytest.mark.parametrize("moment", ["before", "half", "after", "answered"])
@pytest.mark.parametrize("statement", [b"CREATE TABLE wish", b"INSERT INTO wish", b"DELETE FROM"])
def test_lost_at_each_commit_of_a_stepwise_migration(
    project: Project, through_proxy: Callable[..., Proxy], statement: bytes, moment: Moment
) -> None:
    """Also at the last one, which takes the journal away."""
    project.pair("0001_wish", f"-- stepwise\n-- transactional: false\n\n{FORWARD}", BACKWARD)
    proxy = through_proxy(cut=Cut(moment, lambda m: commits(m) and statement in m))
    error = project.migrate().error
    assert proxy.has_cut.is_set()
    if error:
        assert error.code == "connection-lost"
        partial = project.value("SELECT count(*) FROM wishkit.step") > 0
        assert error.exit_status == (4 if partial else 3)
        project.assert_sound()
    project.pair("0002_next", "CREATE TABLE next (id int);")
    assert project.migrate().error is None
    assert project.rows("SELECT id FROM wish") == [(1,)]
    project.assert_done()
