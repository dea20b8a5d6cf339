"""`python -m svclib` is the `svc` command."""

from svclib.cli import main

main()
