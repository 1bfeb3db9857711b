"""``python -m wishkit``."""

from __future__ import annotations

import sys


def main() -> None:
    """The ``wishkit`` command."""
    from wishkit.interface.cli import run  # noqa: PLC0415 - heavy modules are imported where used

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
