"""Notebooks in git are thin and clean: no outputs, no counts, the common kernel, a title, few lines of code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

MOST_LINES = 25


def faults(path: Path) -> list[str]:
    """Say what is wrong with one notebook."""
    notebook = json.loads(path.read_text("utf-8"))
    found = []
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if any(cell.get("outputs") or cell.get("execution_count") for cell in code):
        found.append("holds outputs: clear them")
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        found.append("is not for the kernel python3")
    if not any("# " in "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"):
        found.append("has no title")
    lines = sum(bool(line.strip()) for cell in code for line in "".join(cell["source"]).splitlines())
    if lines > MOST_LINES:
        found.append(f"has {lines} lines of code (at most {MOST_LINES}): move them into the library")
    return [f"{path}: {fault}" for fault in found]


def main() -> int:
    """Check every notebook; the number of faults is the exit code."""
    paths = sorted(Path("notebooks").rglob("*.ipynb"))
    paths = [path for path in paths if ".ipynb_checkpoints" not in path.parts]
    found = [fault for path in paths for fault in faults(path)]
    sys.stdout.write("\n".join([*found, f"{len(paths)} notebooks, {len(found)} faults"]) + "\n")
    return min(len(found), 99)


if __name__ == "__main__":
    sys.exit(main())
