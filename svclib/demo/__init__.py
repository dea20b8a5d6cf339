"""The demonstration bank: synthetic, seeded, with stories to find. Nobody and nothing in it exists."""

from svclib.demo.build import build
from svclib.demo.logins import LOGINS, PASSWORD, Login, is_demo

__all__ = ["LOGINS", "PASSWORD", "Login", "build", "is_demo"]
