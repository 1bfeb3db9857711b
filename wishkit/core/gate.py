"""What has to be there before a run into an environment, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass

from wishkit.errors import GateClosed


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a run.

    Attributes:
        name: of the gate, such as ``backup``.
        passed: whether it is open.
        found: what it stands on, or what was found instead, in one sentence.
        missing: what has to be there and is not; None when it passed.
        who: who can give it, and how; None when it passed.
        code: of the error that `require` raises, as docs/errors.md lists it.
        warns: that it is open, and somebody should look at what was found all the same.
    """

    name: str
    passed: bool
    found: str
    missing: str | None = None
    who: str | None = None
    code: str | None = None
    warns: bool = False

    def require(self) -> None:
        """Go on, or do not.

        Raises:
            GateClosed: it is closed; with the gate's code.
        """
        if not self.passed:
            raise GateClosed(
                self.found,
                code=self.code,
                notes=(f"required: {self.missing}",) if self.missing else (),
                help=self.who,
            )
