"""The table of commands, and the help that lists them.

This module imports nothing, so that ``wishkit --help`` takes about as long as starting Python. The
command line is built from the same table (see ``application``), and a test holds ``overview``
against what typer prints for it.
"""

from __future__ import annotations

SUMMARY = "Plain-SQL migrations for PostgreSQL that are known to work before they run."

# The words of a command, the module of this package that has it, one line of help; in the order
# of --help. The function is called like the last word, and that line is also the first of its
# docstring, which goes on with an example.
COMMANDS: dict[str, tuple[str, str]] = {
    "migrate": ("cli_run", "Apply what is pending."),
    "rollback": ("cli_run", "Undo migrations, newest applied first."),
    "status": ("cli_status", "Every migration and its state; writes nothing, takes no lock."),
    "running": ("cli_running", "What runs right now, how far it is, and who waits for whom."),
    "verify": ("cli_probes", "Whether what the applied migrations promised holds."),
    "smoke": ("cli_probes", "Whether the application's path through the database works."),
    "seed": ("cli_probes", "Fill a database with the rows an environment works with."),
    "check": ("cli_check", "Whether a database is what its migrations say; changes nothing."),
    "lint": ("cli_lint", "What is wrong with migration files; runs nothing."),
    "plan": ("cli_plan", "What migrate or rollback would run; changes nothing."),
    "ci": ("cli_ci", "All that can be proven before a merge, in one go."),
    "rehearse": (
        "cli_rehearse",
        "Prove migrations: forward, backward, and forward again.",
    ),
    "show": (
        "cli_plan",
        "One migration: its text, and what was done with it.",
    ),
    "history": (
        "cli_history",
        "What was done everywhere: when, by whom, how long it took.",
    ),
    "stats": (
        "cli_history",
        "What takes long, and how long what is pending may take.",
    ),
    "mark": ("cli_plan", "Record migrations as applied, without running them."),
    "unmark": ("cli_plan", "Record migrations as not applied, without undoing them."),
    "approvers": (
        "cli_approvals",
        "Who approves what runs in an environment; or say who does.",
    ),
    "request": ("cli_approvals", "Ask others to approve what would run, just as it is now."),
    "requests": (
        "cli_approvals",
        "What was requested, who approved it, and what is missing.",
    ),
    "approve": ("cli_approvals", "Approve a request, as who logs in to the database."),
    "reject": ("cli_approvals", "Reject a request, which closes it."),
    "dashboard": (
        "cli_dashboard",
        "A web page of all environments that only reads, or its files.",
    ),
    "promote": ("cli_promote", "Apply in one environment what is proven in another."),
    "snapshot": (
        "cli_snapshot",
        "Write sql/schema.sql: the whole schema as one text.",
    ),
    "new": ("cli_new", "Begin a migration: the next number, two files to write in."),
    "adopt": (
        "cli_adopt",
        "Take over a database from another migration tool, or as it is.",
    ),
    "init": (
        "cli_files",
        "Make what a project needs; overwrites nothing.",
    ),
    "backup create": ("cli_backup", "Make a backup that can be verified."),
    "backup verify": (
        "cli_backup",
        "Read a backup, restore it into a throwaway server, and compare.",
    ),
    "backup record": ("cli_backup", "Record a backup that others make and keep."),
    "backup list": ("cli_backup", "What the ledger knows of the backups of a database."),
    "env list": ("cli_env", "The environments, and what each asks for."),
    "env check": ("cli_env", "Ask each environment how it is, all at once; changes nothing."),
    "ledger verify": (
        "cli_approvals",
        "Whether anything in the ledger was changed behind its back.",
    ),
    "ledger review": (
        "cli_promote",
        "What went past closed gates, and nobody has looked at yet.",
    ),
    "audit on": ("cli_audit", "Note from now on who runs which DDL outside wishkit."),
    "audit off": ("cli_audit", "Note no more; what was noted stays."),
    "audit show": ("cli_audit", "What was changed outside wishkit, by whom and when."),
    "db start": ("cli_database", "Start the embedded server; it is made on first use."),
    "db stop": ("cli_database", "Stop the embedded server; what was committed is kept."),
    "db status": ("cli_database", "How the embedded server stands; changes nothing."),
    "db url": (
        "cli_database",
        "Print the URL of the embedded database; starts it if need be.",
    ),
    "db psql": (
        "cli_database",
        "A psql session on the database that is meant, acting as its role.",
    ),
    "db destroy": ("cli_database", "Remove the embedded server with every database in it."),
}

# Words that several commands begin with.
FAMILIES = {
    "env": "The environments that a change travels through.",
    "ledger": "What was written down, and whether it still says so.",
    "backup": "Backups that are known to work, and evidence of them.",
    "audit": "Who changes the database outside wishkit.",
    "db": "The embedded PostgreSQL server, and psql on any database.",
}

# Commands that hand on what they do not know to another program.
HAND_ON = {"db psql"}

OPTIONS = {
    "--version": "Show the version and exit.",
    "--install-completion": "Install completion for the current shell.",
    "--show-completion": "Show completion for the current shell, to copy it or customize the "
    "installation.",
    "-h, --help": "Show this message and exit.",
}
_WIDTH = 78


def overview() -> str:
    """What ``wishkit --help`` prints."""
    commands = {
        name: FAMILIES.get(name) or COMMANDS[name][1]
        for name in dict.fromkeys(words.split()[0] for words in COMMANDS)
    }
    return "\n".join(
        [
            "Usage: wishkit [OPTIONS] COMMAND [ARGS]...",
            "",
            f"  {SUMMARY}",
            "",
            *_section("Options", OPTIONS),
            "",
            *_section("Commands", commands),
        ]
    )


def _section(title: str, rows: dict[str, str]) -> list[str]:
    """Two columns, the second one folded: textwrap would import re, a third of the whole time."""
    lines = [f"{title}:"]
    margin = max(map(len, rows)) + 4
    for name, text in rows.items():
        line = f"  {name}".ljust(margin - 1)
        for word in text.split():
            if len(line) + 1 + len(word) > _WIDTH:
                lines.append(line)
                line = " " * (margin - 1)
            line += f" {word}"
        lines.append(line)
    return lines
