"""What is wrong, or looks wrong, in a definition that can be read."""

from svclib.forms.lint.checking import check

__all__ = ["check"]
