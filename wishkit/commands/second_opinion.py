"""Ask squawk about files: one process for all of them."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from typing import TYPE_CHECKING

from wishkit.core.lint.squawk import Opinion, second_opinion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.lint.model import Finding
    from wishkit.core.lint.reading import File

PATIENCE = 60  # seconds; thousands of files take less than one


def find_squawk() -> str | None:
    """Its program: that of this environment, else one on the PATH; None where there is none."""
    return shutil.which("squawk", path=sysconfig.get_path("scripts")) or shutil.which("squawk")


class Squawk:
    """A second opinion, asked for at once and read when it is wanted.

    Args:
        program: where squawk is.
        paths: the files that it is to look at.
        version: major version of the target server; None where it is not known.

    Attributes:
        trouble: why it said nothing, when it could not be asked.
    """

    def __init__(self, program: str, paths: Sequence[str], version: int | None) -> None:
        self.trouble: str | None = None
        self._process = None
        asked = [f"--pg-version={version}.0"] if version else []
        command = [
            *(program, "--reporter=json", "--assume-in-transaction", *asked, "--"),
            *paths,
        ]
        try:
            if paths:
                self._process = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
                )
        except OSError as error:
            self.trouble = f"squawk cannot be run: {error.strerror}"

    def __call__(self, files: Sequence[File]) -> Iterator[Finding]:
        """What it says about the forward files; a backward one takes away, as it should."""
        import msgspec.json  # noqa: PLC0415 - heavy

        if self._process is None:
            return
        try:
            said, complaint = self._process.communicate(timeout=PATIENCE)
            opinions = msgspec.json.decode(said, type=list[Opinion])
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            self.trouble = f"squawk took longer than {PATIENCE} s"
        except msgspec.MsgspecError:
            words = complaint.decode(errors="replace").strip().partition("\n")[0]
            self.trouble = f"squawk said what is not understood: {words or said[:80]!r}"
        else:
            shown = {file.script.path.rsplit("/", 1)[-1]: file for file in files if file.forward}
            yield from second_opinion(opinions, shown)
