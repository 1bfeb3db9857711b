"""What the ledger knows of backups, and whether one of them will do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wishkit.core.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from wishkit.config import BackupRule

LEVELS = ("made", "readable", "restored", "compared")
EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One row of wishkit.backup; its columns tell what each is.

    Attributes:
        id: of the backup.
        kind: custom, directory or external.
        level: how far it was verified here: 0 made, 1 readable, 2 restored, 3 compared.
        claimed_level: how far others say that it was.
        failure: what a verification found wrong with it.
        size: in bytes.
        checksum: of its files.
        manifest_checksum: of its manifest.
        database: its name.
        system_identifier: of its cluster.
        location: where it lies.
        host: the machine on which that is.
        lsn: position in the write-ahead log.
        taken_at: the data is of then.
        finished_at: when it was complete.
        recorded_at: when this row was written.
        recorded_by: who wrote it, as the server knows them.
        tool_version: of wishkit.
    """

    id: str
    kind: str
    level: int
    claimed_level: int | None
    failure: str | None
    size: int | None
    checksum: str | None
    manifest_checksum: str | None
    database: str
    system_identifier: str | None
    location: str | None
    host: str | None
    lsn: str | None
    taken_at: datetime
    finished_at: datetime
    recorded_at: datetime
    recorded_by: str
    tool_version: str

    @property
    def what(self) -> str:
        """Which backup, of when and how far verified, in words."""
        when = f"{self.taken_at:%Y-%m-%d %H:%M} UTC"
        return f"{self.id} of {when} (level {level_words(self.level)})"


def level_words(level: int) -> str:
    """A level with its meaning: ``2, restored``."""
    return f"{level}, {LEVELS[level]}"


def standings(rows: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """How each backup stands by all its rows, the newest data first.

    Each verification is a row: the highest level counts, unless a later one found the backup
    damaged; then it is worth nothing, until one finds it whole again.

    Args:
        rows: in the order in which they were written.
    """
    found: dict[str, Evidence] = {}
    for row in rows:
        before = found.get(row.id)
        if before is None:
            found[row.id] = row
            continue
        whole = row.failure is None and before.failure is None
        level = max(row.level, before.level) if whole else row.level
        claims = [it for it in (row.claimed_level, before.claimed_level) if it is not None]
        found[row.id] = replace(row, level=level, claimed_level=max(claims, default=None))
    return tuple(sorted(found.values(), key=lambda it: it.taken_at, reverse=True))


def judge(
    rows: Sequence[Evidence],
    rule: BackupRule,
    *,
    database: str,
    system_identifier: str | None,
    now: datetime,
    destroys: Sequence[str],
    environment: str,
) -> Gate:
    """Whether there is a backup that is new and good enough.

    Args:
        rows: of the ledger, as `standings` has them.
        rule: what the environment asks for.
        database: whose backup it has to be.
        system_identifier: of its cluster; a row of another one was copied here with its database.
        now: by the server's clock.
        destroys: what data the plan destroys, in words; an empty one where that is not known.
        environment: its name, for the commands to run.
    """
    level = rule.destructive_level if destroys else rule.level
    own = [
        it for it in rows if (it.database, it.system_identifier) == (database, system_identifier)
    ]
    fresh = [it for it in own if (now - it.taken_at).total_seconds() <= rule.age]
    good = [it for it in fresh if it.failure is None and _level(it, rule) >= level]
    if good and system_identifier is not None:
        return Gate("backup", passed=True, found=f"backup {good[0].what}")
    missing = f"a backup of level {level_words(level)}, not older than {age_words(rule.age)}"
    if destroys and rule.destructive_level > rule.level:
        told = ", ".join(filter(None, destroys))
        missing += ", because the plan destroys data" + (f" ({told})" if told else "")
    options = f" --env {environment}" + (f" --level {level}" if level else "")
    make = f"make one: wishkit backup create{options}"
    code = "backup-missing"
    if system_identifier is None:
        found = "whose backup it is cannot be told: this role may not ask for the system identifier"
        who = "let an administrator GRANT EXECUTE ON FUNCTION pg_control_system() TO this role"
    elif not own:
        found, who = "the ledger knows of no backup of this database", make
        if rows:
            found += f" ({len(rows)} of another one, which came here with a copy)"
    elif not fresh:
        code = "backup-too-old"
        old = age_words((now - own[0].taken_at).total_seconds())
        found, who = f"the newest backup is too old: {own[0].what}, {old} ago", make
    else:
        code = "backup-level"
        best = max(fresh, key=lambda it: (it.failure is None, _level(it, rule), it.taken_at))
        found, who = _not_good(best, environment, options, make)
    who += "\nor go without, and have the reason in the ledger: --no-backup REASON"
    return Gate("backup", passed=False, found=found, missing=missing, who=who, code=code)


def last_words(rows: Sequence[Evidence], *, database: str, system_identifier: str | None) -> str:
    """The last backup of a database, and how it stands, in words.

    Args:
        rows: of the ledger, as `standings` has them.
        database: whose backup it has to be.
        system_identifier: of its cluster; None where the role may not ask for it.
    """
    own = [
        it
        for it in rows
        if it.database == database and system_identifier in {None, it.system_identifier}
    ]
    if not own:
        return "none that the ledger knows of"
    last = own[0]
    kept = ", kept by others" if last.kind == EXTERNAL else ""
    doubt = "" if system_identifier else "; whether of this cluster, this role may not ask"
    return f"{last.what}{kept}" + (f", damaged: {last.failure}" if last.failure else "") + doubt


def _not_good(best: Evidence, environment: str, options: str, make: str) -> tuple[str, str]:
    """Why the best of the new backups will not do, and what can be done."""
    if best.failure:
        return f"the newest backup is damaged: {best.what}: {best.failure}", make
    found = f"the backup is not verified as far as it has to be: {best.what}"
    if best.kind != EXTERNAL:
        return found, f"verify it: wishkit backup verify{options}\nor {make}"
    table = f"[environments.{environment}.backup]"
    claims = f"or let what its keeper claims count: claims = true in {table}"
    return f"{found}; others keep it, so wishkit cannot verify it", f"{make}\n{claims}"


def _level(backup: Evidence, rule: BackupRule) -> int:
    claimed = backup.claimed_level if rule.claims and backup.kind == EXTERNAL else None
    return max(backup.level, claimed or 0)


def age_words(seconds: float) -> str:
    """An age with one unit: ``40 min``, ``24 h``, ``9 days``."""
    minutes = int(seconds / 60)
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours <= 48 else f"{hours // 24} days"  # noqa: PLR2004 - two days
