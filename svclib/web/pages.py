"""Pages are Jinja templates with every text marked; escaping is always on."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from svclib.i18n import local, translate

HERE = Path(__file__).parent
STATIC = HERE / "static"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of the pages."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    env.globals.update({"_": _translated, "local": _local, "moment": _moment, "static": static_url})
    return env


def render(template: str, handler: Any, **values: Any) -> str:
    """Render `template` as `handler`'s visitor should see it."""
    return environment().get_template(template).render({**context(handler), **values})


def context(handler: Any) -> dict[str, Any]:
    """What every template knows of the visitor."""
    return {
        "language": handler.language,
        "theme": handler.theme,
        "person": handler.person,
        "here": handler.request.uri,
        "zone": handler.site.settings.zone,
        "xsrf": lambda: Markup(handler.xsrf_form_html()),  # noqa: S704 - Tornado escapes the token itself
    }


@lru_cache(maxsize=256)
def static_version(name: str) -> str:
    """Short digest of a file under ``static``; empty where it is missing."""
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


def static_url(name: str) -> str:
    """Address of a file under ``static`` that changes with its content, so that it may be cached for good."""
    version = static_version(name)
    return f"/static/{name}?v={version}" if version else f"/static/{name}"


@pass_context
def _translated(context: Context, text: str, **fields: Any) -> str:
    return translate(text, context["language"], **fields)


@pass_context
def _local(context: Context, text: Any) -> str:
    return local(text, context["language"])


@pass_context
def _moment(context: Context, moment: datetime | None) -> str:
    return moment.astimezone(context["zone"]).strftime("%Y-%m-%d %H:%M") if moment else ""
