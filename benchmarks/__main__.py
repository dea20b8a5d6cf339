"""``python -m benchmarks [NAME …] [--quick]``: run the benchmarks and print what they measured."""

from __future__ import annotations

import argparse
import importlib
import sys

NAMES = (
    "saves",
    "kills",
    "pages",
    "resume",
    "report",
    "differential_forms",
    "start",
    "survey_designs",
    "raking",
    "scales",
    "polychoric",
    "drivers",
    "cfa",
    "calibration",
    "item_analysis",
    "fairness",
    "adaptive",
    "assembly",
    "answer_similarity",
    "coverage",
    "false_alarms",
    "exam_false_alarms",
)


def main() -> int:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help="which; all without a name")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    given = parser.parse_args()
    for name in given.names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        for label, value in module.main(full=not given.quick).items():
            print(f"  {label:28} {value:12,.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
