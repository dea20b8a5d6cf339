"""Tables in our look (Great Tables): text left, numbers right, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from svclib.reports.theme import FONT, colors


@dataclass(frozen=True)
class Table:
    """A table ready to be shown.

    Attributes
    ----------
    gt : great_tables.GT
        For further styling.
    label : str
        What a screen reader calls it; on a phone it is scrolled sideways, by keyboard too.
    """

    gt: Any
    label: str

    def _repr_html_(self) -> str:
        inner = self.gt.as_raw_html()
        return f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(self.label)}">{inner}</div>'


def table(
    frame: pd.DataFrame,
    headings: Mapping[str, str],
    *,
    left: Sequence[str] = (),
    group: str | None = None,
    marked: Sequence[int] = (),
) -> Table:
    """Make a table of texts already written in the reader's language.

    Parameters
    ----------
    frame : DataFrame
        Cells as text (`svclib.reports.words` writes numbers).
    headings : mapping of column to heading
        The columns shown, in order.
    left : list of str
        Columns aligned left; the first column always is, the others stand right.
    group : str, optional
        Column whose values head groups of rows.
    marked : list of int
        Rows (positions) in bold.

    Examples
    --------
    >>> shown = table(pd.DataFrame({"branch": ["A"], "n": ["7"]}), {"branch": "Branch", "n": "Answers"})
    >>> "Branch" in shown._repr_html_()
    True
    """
    from great_tables import GT, loc, style

    columns = list(headings)
    data = frame.reset_index(drop=True)[[*columns, *([group] if group else [])]].astype(str)
    lefts = [columns[0], *left]
    made = (
        GT(data, groupname_col=group)
        .cols_label(cases=dict(headings))
        .cols_align(align="left", columns=lefts)
        .cols_align(align="right", columns=[name for name in columns if name not in lefts])
    )
    if marked:
        made = made.tab_style(style.text(weight="bold"), loc.body(rows=list(marked)))
    return Table(_look(made), label=", ".join(headings.values()))


def _look(made: Any) -> Any:
    color = colors()
    return made.tab_options(
        table_font_names=[FONT, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"],
        table_font_size="14px",
        table_font_color=color["text"],
        table_border_top_style="none",
        table_border_bottom_color=color["border-strong"],
        table_body_hlines_color=color["border"],
        table_body_border_bottom_color=color["border-strong"],
        column_labels_border_top_style="none",
        column_labels_border_bottom_color=color["border-strong"],
        column_labels_font_weight="bold",
        row_group_font_weight="bold",
        data_row_padding="6px",
        container_padding_y="0px",
    )
