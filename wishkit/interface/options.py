"""What commands share: options, the workspace they name, and how a report ends a command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from wishkit.interface.output import answer, confirm
from wishkit.interface.parameters import Argument, Option

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.commands.report import Report
    from wishkit.commands.workspace import Workspace
    from wishkit.core import plan
    from wishkit.interface.audience import Listening

SHORTEST = 0.2  # seconds between two questions of --watch

Url = Annotated[
    str | None,
    Option("--url", metavar="URL", help="Any libpq connection string, or env:VARIABLE."),
]
Env = Annotated[
    str | None,
    Option("--env", metavar="NAME", help="An environment of wishkit.toml."),
]
Environments = Annotated[
    list[str] | None, Argument(metavar="NAME", help="Only these environments.")
]
Json = Annotated[bool, Option("--json", help="Print the result as JSON.")]
LogJson = Annotated[
    bool,
    Option("--log-json", help="Tell what happens as JSON lines on stderr; docs/json.md."),
]
Metrics = Annotated[
    str | None,
    Option(
        "--metrics",
        metavar="FILE",
        help="Write what it took to this file, for Prometheus, however it ends.",
    ),
]
Yes = Annotated[bool, Option("--yes", "-y", help="Consent for a protected database.")]
Accept = Annotated[
    list[str] | None,
    Option(
        "--accept",
        metavar="RULE",
        help="Break this rule about large tables all the same; docs/hazards.md. Repeatable.",
    ),
]
LockWait = Annotated[
    str | None,
    Option("--lock-wait", metavar="TIME", help="How long to wait for another run: 30s, 5min."),
]

Patience = Annotated[
    str | None,
    Option(
        "--patience",
        metavar="TIME",
        help="How long to try for a lock without a client noticing: 30min; 0s: queue like anybody.",
    ),
]
Attempt = Annotated[
    str | None,
    Option("--attempt", metavar="TIME", help="How long one try queues for a lock: 100ms."),
]
KillBlockers = Annotated[
    str | None,
    Option(
        "--kill-blockers",
        metavar="idle|any",
        help="At the deadline, end the sessions in the way: idle in a transaction, or any.",
    ),
]
Unfinished = Annotated[
    str | None,
    Option(
        "--unfinished",
        metavar="done|redo",
        help="How a statement ended of which only you can tell: done, or to be run again.",
    ),
]
Verify = Annotated[
    bool | None,
    Option(
        "--verify/--no-verify",
        help="After each migration run its file of sql/verify; stop if a promise is broken.",
    ),
]
VerifyGone = Annotated[
    bool | None,
    Option(
        "--verify/--no-verify",
        help="After each migration run its mirror in sql/verify; stop if something remains.",
    ),
]
NoBackup = Annotated[
    str | None,
    Option(
        "--no-backup",
        metavar="REASON",
        help="Go without the backup that the environment asks for; the ledger keeps why.",
    ),
]


def decision(word: str | None) -> plan.Unfinished | None:
    """What a person decided about a statement of which nobody saw the end.

    Raises:
        UsageError: neither done nor redo.
    """
    words: dict[str | None, plan.Unfinished | None] = {None: None, "done": "done", "redo": "redo"}
    if word in words:
        return words[word]
    from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

    raise UsageError(f'"{word}" is neither done nor redo', help="write --unfinished done or redo")


def workspace(
    listening: Listening,
    url: str | None,
    env: str | None,
    *,
    lock_wait: str | None = None,
    patience: str | None = None,
    attempt: str | None = None,
    kill_blockers: str | None = None,
) -> Workspace:
    """The project here, the database that is meant, and somebody to ask on a terminal.

    Raises:
        UsageError: a value that is no duration, or does not say whose sessions.
    """
    from wishkit.commands.workspace import open_workspace  # noqa: PLC0415 - imported where used

    somebody = listening.asks and sys.stdin.isatty() and sys.stderr.isatty()
    given = {
        "deadline": seconds_of(patience),
        "attempt": seconds_of(attempt),
        "kill_blockers": _whose(kill_blockers),
    }
    return open_workspace(
        url=url,
        env=env,
        listener=listening,
        ask=_asker(listening) if somebody else None,
        lock_wait=seconds_of(lock_wait),
        patience={name: value for name, value in given.items() if value is not None},
    )


def seconds_of(time: str | None) -> float | None:
    """A duration in seconds.

    Raises:
        UsageError: it is none.
    """
    if time is None:
        return None
    from wishkit.config import duration  # noqa: PLC0415 - imported where used
    from wishkit.errors import UsageError  # noqa: PLC0415 - as above

    value = duration(time)
    if value is None:
        raise UsageError(f'"{time}" is no duration', help="write 500ms, 30s, 5min or 1h")
    return value


def pause_of(interval: str | None, *, usual: float) -> float:
    """Seconds between two questions of --watch.

    Raises:
        UsageError: no duration, or one that is too short for anybody.
    """
    seconds = seconds_of(interval)
    if seconds is None:
        return usual
    if seconds < SHORTEST:
        from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

        raise UsageError(
            f"an --interval of {interval} is too short",
            help=f"ask no more often than every {SHORTEST * 1000:g}ms",
        )
    return seconds


def refuse_metrics_of_nothing(metrics: str | None) -> None:
    """A dry run is no run: its metrics would stand in the place of the last one's.

    Raises:
        UsageError: some are wanted.
    """
    if metrics is None:
        return
    from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

    raise UsageError("--dry-run runs nothing: there are no metrics", help="leave out --metrics")


def _whose(word: str | None) -> str | None:
    from wishkit.config import KILLABLE  # noqa: PLC0415 - imported where used

    if word is None or word in KILLABLE:
        return word
    from wishkit.errors import UsageError  # noqa: PLC0415 - imported where used

    raise UsageError(
        f'"{word}" does not say whose sessions', help="write --kill-blockers idle or any"
    )


def finish(report: Report, *, as_json: bool, log_json: bool) -> int:
    """Show what a run came to; its exit status."""
    if as_json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(report))
    else:
        from wishkit.interface.render import render_report  # noqa: PLC0415 - imported where used

        render_report(report)
    if report.error is None:
        return 0
    if not as_json and not log_json:
        from wishkit.interface.errors import print_error  # noqa: PLC0415 - rarely needed

        print_error(report.error)
    return report.error.exit_status


def _asker(listening: Listening) -> Callable[[str], bool]:
    def ask(question: str) -> bool:
        listening.stop()
        return confirm(question)

    return ask
