"""Commands about definitions and reports: check, import, export, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svclib.cli.speech import complain, language, progress, say, settings
from svclib.cli.speech import store as open_store
from svclib.errors import InvalidInput, NotFound
from svclib.i18n import _, translate

if TYPE_CHECKING:
    from svclib.forms import Bank, Finding

FOLDERS = ("surveys", "quizzes")
Files = Annotated[
    list[Path] | None, typer.Argument(help=translate(_("Files or folders (default: surveys and quizzes)."), language()))
]


def check(files: Files = None) -> None:
    """Lint definition files; an error makes the exit code 1."""
    errors = warnings = 0
    paths = _paths(files)
    for finding in _findings(paths):
        errors += finding.severity == "error"
        warnings += finding.severity != "error"
        kind = _("error") if finding.severity == "error" else _("warning")
        complain("{line}", line=f"{finding.place}{translate(kind, language())}: {finding.message(language())}")
    say(_("{count} files: {errors} errors, {warnings} warnings."), count=len(paths), errors=errors, warnings=warnings)
    if errors:
        raise typer.Exit(1)


def import_(files: Files = None) -> None:
    """Publish definition files; what is published already stays as it is."""
    from svclib.operations import definitions
    from svclib.operations.actor import system_actor

    with open_store() as store:
        made = definitions.import_files(store, system_actor(), _paths(files), seen=settings().home / "imported.json")
    for one in made:
        say("  {kind} {name} {version}  {hash}", kind=one.kind, name=one.name, version=one.version, hash=one.hash)
    say(_("{count} definitions are published."), count=len(made))


def export(
    kind: Annotated[str, typer.Argument(metavar="survey|bank|exam")],
    name: Annotated[str, typer.Argument()],
    version: Annotated[int | None, typer.Option(help=translate(_("Default: the latest."), language()))] = None,
    out: Annotated[Path | None, typer.Option(help=translate(_("File; default: standard output."), language()))] = None,
) -> None:
    """Write a published definition as YAML."""
    from svclib.operations import definitions
    from svclib.operations.actor import system_actor

    with open_store() as store:
        text = definitions.export(store, system_actor(), kind=kind, name=name, version=version)
    if out is None:
        typer.echo(text, nl=False)
        return
    _write(out, text)
    say(_("Wrote {path}."), path=out)


def report(
    name: Annotated[str, typer.Argument()],
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help=translate(_("Month."), language()))] = None,
    branch: Annotated[str | None, typer.Option(help=translate(_("Unit id; default: all."), language()))] = None,
    lang: Annotated[str | None, typer.Option(metavar="zh-CN|en", help=translate(_("Language."), language()))] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help=translate(_("Also as PDF."), language()))] = False,
    out: Annotated[
        Path | None, typer.Option(help=translate(_("Folder under which reports/ is made."), language()))
    ] = None,
) -> None:
    """Render a report notebook."""
    from svclib import reports

    chosen = settings(language=lang)
    given = {"month": month, "branch": branch, "language": chosen.language}
    # The store is opened first: it says what is wrong with it before a kernel is started.
    with open_store(), progress() as tell:
        made = reports.render(
            name,
            parameters={key: value for key, value in given.items() if value is not None},
            home=out or chosen.home,
            to=("html", "pdf") if pdf else ("html",),
            connect_env={"SVC_URL": chosen.store, "SVC_TZ": chosen.timezone},
            progress=lambda done, count: tell(_("Making the report"), done / count),
        )
    for path in made.files.values():
        say(_("Wrote {path}."), path=path)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _paths(files: list[Path] | None) -> list[Path]:
    chosen = list(files or [Path(folder) for folder in FOLDERS if Path(folder).is_dir()])
    if not chosen:
        raise NotFound(_("There are no folders surveys and quizzes here; name the files."))
    found: list[Path] = []
    for path in chosen:
        if not path.exists():
            raise NotFound(_("There is no file {path}."), path=path)
        found += sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _findings(paths: list[Path]) -> list[Finding]:
    from svclib import forms

    parsed: list[Any] = []
    findings: list[Finding] = []
    for path in paths:
        try:
            parsed.append((path, forms.load_definition(path)))
        except forms.InvalidDefinition as fault:
            findings += fault.findings
    banks = {one.id: one for _path, one in parsed if isinstance(one, forms.Bank)}
    for path, one in parsed:
        bank = _bank_of(one, path, banks) if isinstance(one, forms.Exam) else None
        findings += forms.check(one, bank=bank)
    return findings


def _bank_of(exam: Any, path: Path, banks: dict[str, Bank]) -> Bank | None:
    """The exam's bank: among the files given, or in the folder ``banks`` beside the exam."""
    from svclib import forms

    beside = path.parent / "banks" / f"{exam.bank}.yaml"
    if exam.bank not in banks and beside.is_file():
        try:
            banks[exam.bank] = forms.load_bank(beside)
        except forms.InvalidDefinition:
            return None
    return banks.get(exam.bank)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as fault:
        raise InvalidInput(_("{path} cannot be written: {detail}."), path=path, detail=fault.strerror) from None
