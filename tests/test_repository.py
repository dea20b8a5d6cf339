"""The repository keeps its own promises: one set of dependencies in three files, modules of a readable size."""

import re
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# conda-forge's names where they differ
CONDA = {"psycopg": "psycopg", "tzdata": "python-tzdata", "playwright": "playwright-python", "brotli": "brotli-python"}


def ranges(lines):
    found = (re.match(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?\s*(.*)", line) for line in lines)
    return {match[1].lower(): match[2].replace(" ", "") for match in found}


def declared():
    return ranges(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"])


def pins():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(line.lower().split("==") for line in lines if line and not line.startswith("#"))


def test_every_dependency_is_pinned_within_its_range():
    def version(text):
        return tuple(int(part) for part in re.findall(r"\d+", text)[:3])

    for name, wanted in declared().items():
        pinned = pins()[name.replace("_", "-")]
        assert version(pinned) >= version(wanted.removeprefix(">=")), f"{name}: {pinned} is not {wanted}"


def test_pins_are_names_and_versions_only():
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line), line


def test_conda_has_the_same_packages_in_the_same_ranges():
    entries = YAML(typ="safe").load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    from_pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    conda = ranges([entry for entry in entries if isinstance(entry, str)] + from_pip)
    expected = {CONDA.get(name, name): wanted for name, wanted in declared().items()}
    assert {name: conda.get(name) for name in expected} == expected
    assert set(conda) - set(expected) == {"python", "pip"}


def test_frontend_lock_holds_no_download_address():
    assert "resolved" not in (ROOT / "frontend" / "package-lock.json").read_text("utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "svclib").rglob("*.py")), ids=lambda path: path.name)
def test_modules_stay_readable(path):
    if "migrations" not in path.parts:
        assert path.read_text("utf-8").count("\n") <= 400


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "LICENSE", "CHANGELOG.md"])
def test_what_a_visitor_looks_for_is_there(name):
    assert (ROOT / name).stat().st_size > 300
