"""Links, signed contexts and QR posters of open surveys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape

import segno

from svclib.errors import InvalidInput
from svclib.i18n import Language, _, local, translate
from svclib.store import Store

CONTEXT = {"b": "branch", "c": "counter", "q": "ticket"}
_VALUE = re.compile(r"[\w-]{1,64}")


def open_token(store: Store, collector: str) -> str:
    """Token of a collector's open link (132 bits); derived, so that it can be printed again."""
    return _mac(store, "link", collector)


def path(store: Store, collector: str, context: Mapping[str, str], language: Language | None = None) -> str:
    """Path of an open link with its signed context.

    Raises
    ------
    InvalidInput
        A context value is not made of letters, digits, ``-`` and ``_``.
    """
    for key, value in context.items():
        if not _VALUE.fullmatch(value):
            raise InvalidInput(
                _("{field} may have letters, digits, - and _, at most 64."), field=CONTEXT[key], value=value[:80]
            )
    query = dict(sorted(context.items()))
    if query:
        query["sig"] = signature(store, collector, context)
    if language:
        query["lang"] = language
    return f"/s/{open_token(store, collector)}" + (f"?{urlencode(query)}" if query else "")


def signature(store: Store, collector: str, context: Mapping[str, str]) -> str:
    """Sign a context for one collector."""
    return _mac(store, "context", f"{collector}?{urlencode(sorted(context.items()))}")


def verified(store: Store, collector: str, query: Mapping[str, str]) -> dict[str, str]:
    """Give branch, counter and ticket of a link's query; nothing where there is none.

    Raises
    ------
    InvalidInput
        The signature does not fit: the link was cut or changed.
    """
    context = {key: query[key] for key in CONTEXT if query.get(key)}
    if not context:
        return {}
    if not hmac.compare_digest(signature(store, collector, context), str(query.get("sig", ""))):
        raise InvalidInput(_("This link is not whole; scan the code again."), code="bad_link")
    return {CONTEXT[key]: value for key, value in context.items()}


def absolute(address: str, target: str) -> str:
    """Join the site's address and a path."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.username:
        raise InvalidInput(_("{value} is no web address; give it as https://name."), value=address, field="address")
    return f"{parts.scheme}://{parts.netloc}{target}"


def poster(
    url: str, title: Mapping[str, str], place: Mapping[str, str] | None, counter: str | None, language: Language
) -> str:
    """Draw an A5 poster as SVG: the question, the code, the place; both languages, `language` first."""
    other: Language = "en" if language == "zh-CN" else "zh-CN"
    call = _("Scan to tell us about your visit")
    name = " · ".join(part for part in (local(dict(place), language) if place else "", counter or "") if part)
    texts = [
        (150, 44, 700, local(dict(title), language)), (205, 26, 400, local(dict(title), other)),
        (830, 34, 600, translate(call, language)), (878, 24, 400, translate(call, other)), (960, 24, 400, name),
    ]  # fmt: skip
    lines = "".join(
        f'<text x="370" y="{y}" font-size="{_fitting(size, text)}" font-weight="{weight}" text-anchor="middle">'
        f"{escape(text)}</text>"
        for y, size, weight, text in texts
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="148mm" height="210mm" viewBox="0 0 740 1050" '
        "font-family=\"'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif\" fill=\"#14202e\">"
        '<rect width="740" height="1050" fill="#fff"/><rect width="740" height="24" fill="#0b5cab"/>'
        f'{lines}<svg x="130" y="260" width="480" height="480">{_code(url)}</svg></svg>'
    )


def _code(url: str) -> str:
    buffer = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(buffer, kind="svg", xmldecl=False, omitsize=True, border=2, dark="#000", light="#fff")
    # Its own size, because not every renderer takes an inner picture without one as large as its frame.
    return buffer.getvalue().decode().replace("<svg ", '<svg width="480" height="480" ', 1)


def _fitting(size: int, text: str) -> int:
    """Shrink long titles to the width of the page; a Chinese character is about twice as wide as a Latin one."""
    width = sum(2 if ord(character) > 0x2E80 else 1.1 for character in text) * size / 2
    return size if width <= 680 else max(12, int(size * 680 / width))


def _mac(store: Store, key: str, text: str) -> str:
    digest = hmac.new(store.key(key), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest)[:22].decode()
