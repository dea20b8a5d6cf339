"""Which items two calibrations share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.linking.parameters import Calibrated
from svclib.stats.marks import _

LEAST = 2
"""One anchor cannot tell a slope from an intercept, nor drift from a shift of the scale."""
FIXED = ("rasch", "pcm")
"""Models whose slopes are 1 on every scale, so that a link of theirs has slope 1."""


@dataclass(frozen=True, eq=False)
class Anchored:
    """Two calibrations and where their common items are.

    Attributes
    ----------
    new, old : Calibrated
    names : tuple of str
        The anchors, J.
    at_new, at_old : array of int, shape (J,)
    """

    new: Calibrated
    old: Calibrated
    names: tuple[str, ...]
    at_new: Ints
    at_old: Ints

    @property
    def pair(self) -> tuple[ItemParameters, ItemParameters]:
        """The anchors in the new and in the old calibration."""
        return _narrow(self.new.items.take(self.at_new)), _narrow(self.old.items.take(self.at_old))

    @property
    def known(self) -> bool:
        """Whether both have covariances."""
        return self.new.known and self.old.known

    @property
    def cov(self) -> Floats:
        """Covariance of all free parameters, the new form's first: two calibrations are independent."""
        first, second = len(self.new), len(self.old)
        out = np.zeros((first + second, first + second))
        out[:first, :first], out[first:, first:] = self.new.cov, self.old.cov
        return out

    @property
    def slope_fixed(self) -> bool:
        """Whether the models of the anchors allow no other slope than 1."""
        return all(np.isin(part.model.astype(str), FIXED).all() for part in self.pair)

    def rows(self, which: str) -> Ints:
        """Anchor (0 … J − 1) of each free parameter of the ``new`` or ``old`` form; −1 for other items."""
        form, at = (self.new, self.at_new) if which == "new" else (self.old, self.at_old)
        where = np.full(len(form.items), -1)
        where[at] = np.arange(len(at))
        return where[form.place]

    def without(self, name: str) -> Anchored:
        """Give the same without one anchor."""
        keep = np.array([one != name for one in self.names])
        names = tuple(one for one in self.names if one != name)
        return Anchored(self.new, self.old, names, self.at_new[keep], self.at_old[keep])


def _narrow(items: ItemParameters) -> ItemParameters:
    """Leave out columns of intercepts that no anchor has, so that both sides have the same shape."""
    return replace(items, intercepts=items.intercepts[:, : int(items.highest.max(initial=1))])


def pair_anchors(new: Calibrated, old: Calibrated, anchors: Sequence[str] | None, least: int = LEAST) -> Anchored:
    """Find the anchors: `anchors`, or the names that both have.

    Raises
    ------
    InvalidInput
        If there are fewer than `least`, if one is named twice or has not been calibrated on both forms, or has not
        the same categories there.
    """
    held = set(old.items.names)
    names = [name for name in new.items.names if name in held] if anchors is None else [str(name) for name in anchors]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InvalidInput(_('The anchor "{item}" is named twice; name each once.'), item=twice[0])
    if len(names) < least:
        raise InvalidInput(
            _("anchors: {n} item in common, at least {least} are needed; give the forms more common items."),
            n=len(names),
            least=least,
        )
    at_new, at_old = (_places(part.items, names) for part in (new, old))
    unequal = np.flatnonzero(new.items.categories[at_new] != old.items.categories[at_old])
    if len(unequal):
        raise InvalidInput(
            _('The anchor "{item}" has {new} categories on the new form and {old} on the old; leave it out.'),
            item=names[unequal[0]],
            new=int(new.items.categories[at_new[unequal[0]]]),
            old=int(old.items.categories[at_old[unequal[0]]]),
        )
    return Anchored(new, old, tuple(names), at_new, at_old)


def _places(items: ItemParameters, names: Sequence[str]) -> Ints:
    items.named(names)  # complains of a stranger by name
    place = {name: at for at, name in enumerate(items.names)}
    return np.array([place[name] for name in names])
