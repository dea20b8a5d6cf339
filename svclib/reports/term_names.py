"""The terms of regressions as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from svclib.i18n import _, language_of, translate

Labels = Mapping[str, str]


def term_name(term: str, labels: Labels | None = None, language: str = "en") -> str:
    """Write a term: ``channel[web]`` as channel: web, a product with ×.

    Parameters
    ----------
    term : str
    labels : dict of str to str, optional
        Names of columns, of categories (``web`` or, where it is not clear, ``channel[web]``), or of whole terms.

    Examples
    --------
    >>> term_name("channel[web]", {"channel": "Channel"}), term_name("wait:channel[web]")
    ('Channel: web', 'wait × channel: web')
    """
    known = labels or {}
    if term in known:
        return known[term]
    if term == "intercept":
        return translate(_("constant"), language)
    if ":" in term:
        return " × ".join(term_name(part, labels, language) for part in term.split(":"))
    if not term.endswith("]") or "[" not in term:
        return term
    column, category = term[:-1].split("[", 1)
    gap = "：" if language_of(language, "en") == "zh-CN" else ": "
    return known.get(column, column) + gap + known.get(category, category)


def category_name(term: str, labels: Labels | None = None) -> str:
    """Write the category of a term alone.

    >>> category_name("channel[web]"), category_name("first_visit")
    ('web', 'first_visit')
    """
    known = labels or {}
    if term in known or not term.endswith("]"):
        return known.get(term, term)
    category = term[:-1].split("[", 1)[1]
    return known.get(category, category)
