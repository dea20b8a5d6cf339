"""What the documentation says is so: commands, settings, operations, links, named tests, examples in docstrings."""

import ast
import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import svclib
from svclib.cli.main import COMMANDS
from svclib.cli.people import units, users
from svclib.operations import registry

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)
OF_THE_SERVER = {"SVC_KERNEL_SECRET", "SVC_REPORT", "SVC_ADDRESS", "SVC_THEME"}  # told to kernels, not by people


def verbs(typer):
    return [command.name for command in typer.registered_commands]


def with_examples():
    """Modules whose docstrings hold examples; those of statistics have a test in their room."""
    for path in sorted((ROOT / "svclib").rglob("*.py")):
        if ">>> " in path.read_text("utf-8") and "stats" not in path.parts:
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def served():
    """Every registered operation as topic → verbs."""
    for found in pkgutil.iter_modules(importlib.import_module("svclib.operations").__path__):
        importlib.import_module(f"svclib.operations.{found.name}")
    topics = {}
    for name in registry.operations():
        topic, verb = name.split(".")
        topics.setdefault(topic, set()).add(verb)
    return topics


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name):
    assert re.search(rf"\bsvc {name}\b", TEXT)


@pytest.mark.parametrize("group, typer", [("user", users), ("unit", units)])
def test_every_command_about_people_is_documented(group, typer):
    page = (ROOT / "docs" / "operator.md").read_text("utf-8")
    assert f"svc {group} " in page
    for name in verbs(typer):
        assert re.search(rf"svc {group} {name}\b|`{name}`", page), name


def test_no_command_is_documented_that_is_not_there():
    named = set(re.findall(r"`svc ([a-z]+)", TEXT)) | set(re.findall(r"(?m)^(?:\S*/)?svc ([a-z]+)", TEXT))
    assert named - {*COMMANDS, "user", "unit"} == set()


def test_every_setting_is_in_the_operators_table():
    used = set()
    for path in (ROOT / "svclib").rglob("*.py"):
        used |= set(re.findall(r"\bSVC_[A-Z_]+\b", path.read_text("utf-8")))
    table = set(re.findall(r"`(SVC_[A-Z_]+)`", (ROOT / "docs" / "operator.md").read_text("utf-8")))
    assert table == used - OF_THE_SERVER


def test_the_operations_of_the_architecture_are_those_of_the_code():
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("## Operations by topic")[2]
    for topic, verbs_ in served().items():
        line = re.search(rf"`{topic}`: (.*?)(?=\n- |; `|\. `[a-z]+`:|\Z)", page, re.DOTALL)
        assert line, topic
        said = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", line[1]))))
        assert verbs_ <= said, (topic, verbs_ - said)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_guards_of_the_threat_model_are_there():
    file = None
    named = re.findall(r"`([\w/]+\.py)?::(\w+)`", (ROOT / "docs" / "threat-model.md").read_text("utf-8"))
    assert named
    for path, test in named:
        file = path or file
        tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{test}"


@pytest.mark.parametrize("name", with_examples())
def test_examples_in_docstrings_hold(name):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(name), optionflags=flags).failed == 0


def test_the_package_names_what_it_hands_on():
    for name in svclib.__all__:
        assert getattr(svclib, name) is not None
