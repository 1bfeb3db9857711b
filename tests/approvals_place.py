"""A database that asks for approvals, and the people around it, each with a login of their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo

from wishkit.commands import approvals, requests
from wishkit.commands.migrate import migrate
from wishkit.commands.request import request
from wishkit.commands.rollback import rollback
from wishkit.commands.verify_ledger import verify_ledger
from wishkit.commands.workspace import Workspace
from wishkit.config import Approvals, Config, Environment, Target

if TYPE_CHECKING:
    from pathlib import Path

    from wishkit.commands.report import Report
    from wishkit.commands.requests import Standing
    from wishkit.commands.verify_ledger import VerifiedLedger

# alice and bob approve; dave owns nothing and approves nothing; deploy acts as the owner.
ROLES = """
    DO $$ BEGIN
        IF to_regrole('appr_owner') IS NULL THEN
            CREATE ROLE appr_owner NOLOGIN;
            CREATE ROLE appr_managers NOLOGIN;
            CREATE ROLE deploy LOGIN IN ROLE appr_owner;
            CREATE ROLE alice LOGIN IN ROLE appr_managers;
            CREATE ROLE bob LOGIN IN ROLE appr_managers;
            CREATE ROLE dave LOGIN;
            CREATE ROLE root LOGIN SUPERUSER;
        END IF;
    END $$
"""
ENVIRONMENT = "production"
ONE = {
    "0001_people.sql": "-- people\nCREATE TABLE people (id int PRIMARY KEY, name text);\n",
    "0001_people.rollback.sql": "DROP TABLE people;\n",
    "0002_age.sql": "-- how old\nALTER TABLE people ADD COLUMN age int;\n",
    "0002_age.rollback.sql": "ALTER TABLE people DROP COLUMN age;\n",
}


@dataclass(slots=True)
class Place:
    """A project, its production database, and what people do there.

    Attributes:
        folder: holds sql/migrations.
        url: of the database, as a superuser.
        counts: what wishkit.toml asks for.
        expires: seconds that a request is good for.
        ask: puts questions; None: nobody is there.
    """

    folder: Path
    url: str
    counts: Approvals | None = field(default_factory=Approvals)
    expires: float = 3600.0
    protected: bool = False

    @classmethod
    def make(cls, folder: Path, url: str) -> Place:
        """The same with its roles, the first migration applied and its approvers named."""
        place = cls(folder, url)
        place.sql(ROLES, "ALTER SCHEMA public OWNER TO appr_owner")
        name = place.rows("SELECT quote_ident(current_database())")[0][0]
        place.sql(f"ALTER DATABASE {name} OWNER TO appr_owner")
        place.counts = None
        assert place.migrate(to="0001").error is None
        place.counts = Approvals()
        approvals.set_approvers(place.workspace(), "appr_managers")
        return place

    def as_(self, login: str) -> str:
        """The URL as somebody logs in."""
        return make_conninfo(self.url, user=login)

    def workspace(self, login: str = "deploy") -> Workspace:
        """What the command line makes of ``--env production``."""
        environment = Environment(ENVIRONMENT, "env:PRODUCTION")
        config = Config(sql=self.folder / "sql", environments=(environment,))
        target = Target(
            self.as_(login),
            ENVIRONMENT,
            role="appr_owner" if login == "deploy" else None,
            approvals=self.counts,
            approval_expires=self.expires,
            protected=self.protected,
        )
        return Workspace(config, target, lambda _: None)

    def plain(self) -> Workspace:
        """As the superuser, in no environment."""
        return Workspace(
            Config(sql=self.folder / "sql"), Target(self.url, "command line"), lambda _: None
        )

    def named(self, name: str) -> Workspace:
        """The same database under another name, as with --url."""
        place = self.workspace()
        return replace(place, target=replace(place.target, name=name, approvals=None))

    def migrate(self, workspace: Workspace | None = None, **options: Any) -> Report:  # noqa: ANN401
        """``wishkit migrate --env production --yes``."""
        return migrate(workspace or self.workspace(), yes=True, **options)

    def rollback(self, **options: Any) -> Report:  # noqa: ANN401 - as the command has them
        """``wishkit rollback --env production``, with consent."""
        return rollback(self.workspace(), yes=True, accept_data_loss=True, **options)

    def request(self, **options: Any) -> Standing:  # noqa: ANN401 - as the command has them
        """``wishkit request production``."""
        return request(self.workspace(), **{"note": "because", **options})

    def approve(self, id_: int, login: str = "alice") -> Standing:
        """``wishkit approve ID --login …``."""
        return approvals.decide(self.workspace(), id_, "approve", login=login, yes=True)

    def reject(self, id_: int, login: str = "alice", note: str = "not today") -> Standing:
        """``wishkit reject ID --login …``."""
        return approvals.decide(self.workspace(), id_, "reject", login=login, note=note)

    def standing(self, id_: int) -> Standing:
        """``wishkit requests ID``."""
        return requests.requests(self.workspace(), id_).requests[0]

    def verify(self, head: str | None = None) -> VerifiedLedger:
        """``wishkit ledger verify``."""
        return verify_ledger(self.workspace(), head=head)

    def sql(self, *statements: str, login: str = "postgres") -> None:
        """Statements, each committed, as somebody."""
        with psycopg.connect(self.as_(login), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def owner(self, *statements: str) -> None:
        """Statements as the owner of the ledger."""
        self.sql("SET ROLE appr_owner", *statements, login="deploy")

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What a query returns."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(question.encode()).fetchall()

    def write(self, name: str, text: str) -> None:
        """A file of sql/migrations."""
        (self.folder / "sql" / "migrations" / name).write_text(text, encoding="utf-8")
