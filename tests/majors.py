"""Print the folders of every other major version of PostgreSQL that is installed: `make majors`."""

from __future__ import annotations

from wishkit.postgres.binaries import find_binaries, system_binaries
from wishkit.postgres.connection import MINIMUM_VERSION

if __name__ == "__main__":
    usual = find_binaries().major
    newest = {
        it.major: it
        for it in sorted(system_binaries())
        if it.major != usual and it.major * 10000 >= MINIMUM_VERSION
    }
    for binaries in newest.values():
        print(binaries.bin)  # noqa: T201 - that is what it is for
