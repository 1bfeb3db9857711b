"""How long a plan may take in a database, by what other environments have of the same texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.commands.everywhere import Everywhere
from wishkit.config import EMBEDDED, Threshold
from wishkit.core.expected import awaited, expected, judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

    from wishkit.commands.everywhere import Asked
    from wishkit.commands.migrate import Prepared
    from wishkit.config import Config
    from wishkit.core.expected import Awaited, Expected
    from wishkit.core.timing import PastAttempt, Weight

    Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is still to run in a database, and how large the tables are that it depends on.

    Attributes:
        awaited: migrations, in order.
        here: tables by name with schema, as they are now; those that there are.
    """

    awaited: tuple[Awaited, ...]
    here: Mapping[str, Weight]

    def expected(
        self, attempts: Iterable[PastAttempt], threshold: Threshold | None = None
    ) -> tuple[Expected, ...]:
        """How long each may take, by attempts anywhere, at anything; and whether that is long."""
        threshold = threshold or Threshold()
        by_id: dict[str, list[PastAttempt]] = {}
        for it in attempts:
            by_id.setdefault(it.id, []).append(it)
        return tuple(
            judged(expected(it, by_id.get(it.id, ()), self.here), threshold) for it in self.awaited
        )


def outlook(connection: Connection, prepared: Prepared) -> Outlook:
    """Look at the tables that a plan depends on. One question, which waits for nobody.

    Raises:
        ConnectError: the connection went away.
    """
    from wishkit.postgres.weights import read_weights  # noqa: PLC0415 - heavy

    found = tuple(
        awaited(step.id, step.direction, step.migration.checksum, step.done, batches)
        for step, batches in prepared
    )
    names = [name for it in found for tables in it.weighs.values() for name in tables]
    return Outlook(found, read_weights(connection, names))


def attempts_elsewhere(
    config: Config, ids: Sequence[str], *, but: str
) -> tuple[tuple[PastAttempt, ...], tuple[str, ...]]:
    """What the other environments have of migrations, asked at once; and who gave no answer.

    An embedded server is not asked: it would have to be started for that.

    Args:
        config: the project's.
        ids: of the migrations.
        but: the environment that is not asked.
    """
    names = [it.name for it in config.environments if it.name != but and it.url != EMBEDDED]
    if not names:
        return (), ()

    def question(asked: Asked) -> tuple[PastAttempt, ...]:
        from wishkit.postgres.history import read_attempts  # noqa: PLC0415 - the driver is heavy

        return read_attempts(asked.connection, asked.target.name, ids)

    with Everywhere(config, names, application_name="wishkit request") as everywhere:
        answers = everywhere.ask(question)
    found = tuple(attempt for it in answers for attempt in it.value or ())
    return found, tuple(it.name for it in answers if it.error)
