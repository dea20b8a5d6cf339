"""The `svc` command: one function a command, thin."""

from svclib.cli.main import app, main

__all__ = ["app", "main"]
