"""Run every measurement, then print the table: `python -m benchmarks`, or `make bench`."""

from __future__ import annotations

import logging

import structlog

from benchmarks import deciding, dips, post_dial_delay, records
from benchmarks.table import print_table


def main() -> None:
    """Measure; some two minutes."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    findings = []
    for name, measure in (
        ("deciding", deciding.measure),
        ("dips", dips.measure),
        ("records", records.measure),
        ("post-dial delay", post_dial_delay.measure),
    ):
        print(f"measuring: {name}", flush=True)
        findings += measure()
    print_table(findings)


if __name__ == "__main__":
    main()
