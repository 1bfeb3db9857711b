"""From differences to the statements that undo them."""

from __future__ import annotations

from wishkit.core.remedy.model import ByHand, Remedy, Step
from wishkit.core.remedy.plan import remedy

__all__ = ["ByHand", "Remedy", "Step", "remedy"]
