"""What a client has had to drop, counted over all its links, and told to the log at a limited rate."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import structlog

from callrouter.asterisk_link.ami_trust import Distrust

log = structlog.get_logger(__name__)

# Often enough to be seen, too seldom to fill a disk: each forged message costs its sender next to nothing.
_LOG_EVERY_S: Final = 60.0


class AmiCounters:
    """Counts what was not Asterisk's own (``by_fault``) and what answered nobody (``unmatched``)."""

    def __init__(self) -> None:
        self.by_fault: Counter[Distrust] = Counter()
        self.unmatched = 0
        """Answers, and items of lists, that nobody waited for any more."""
        self._log_again_at_s = float("-inf")

    def distrust(self, fault: Distrust, now_s: float) -> None:
        """Count one dropped message; ``now_s`` is the loop's monotonic time, in seconds."""
        self.by_fault[fault] += 1
        if now_s >= self._log_again_at_s:
            self._log_again_at_s = now_s + _LOG_EVERY_S
            log.warning("AMI messages dropped that are not Asterisk's own", **self.dropped())

    def dropped(self) -> Mapping[str, int]:
        """How many messages were dropped for each fault."""
        return {fault.value: self.by_fault[fault] for fault in Distrust}
