"""How long to wait before the next attempt.  PURE.

Rules
1. Each attempt in a row waits twice as long as the one before, up to a ceiling.
2. Chance takes up to half of it away, so that many clients do not come back in one instant.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between ``first_s`` and ``ceiling_s`` seconds (before chance)."""

    first_s: float
    ceiling_s: float

    def delay_s(self, failures: int, chance: float) -> float:
        """Seconds to wait after ``failures`` (≥ 1) in a row; ``chance`` is in [0, 1)."""
        # 2**30 of any wait is beyond any ceiling; without the bound a year of failures overflows a float.
        whole = min(self.ceiling_s, self.first_s * float(1 << min(failures - 1, 30)))
        return whole * (1 - chance / 2)
