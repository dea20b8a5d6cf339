"""Which kernel belongs to whom, and the random secret by which it speaks for its user."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from svclib.store import token_hash


@dataclass(frozen=True)
class Owned:
    """One kernel: its owner and the hash of its secret."""

    person_id: str
    secret_hash: str


class KernelSecrets:
    """The kernels of this server, by id and by secret; a secret ends with its kernel."""

    def __init__(self) -> None:
        self._owned: dict[str, Owned] = {}
        self._by_secret: dict[str, str] = {}

    def issue(self) -> str:
        """Make a secret for a kernel that is about to start."""
        return secrets.token_urlsafe(32)

    def bind(self, kernel_id: str, person_id: str, secret: str) -> None:
        """Note that `kernel_id` belongs to a person."""
        hashed = token_hash(secret)
        self._owned[kernel_id] = Owned(person_id, hashed)
        self._by_secret[hashed] = kernel_id

    def release(self, kernel_id: str) -> None:
        """Forget a kernel; its secret opens nothing any more."""
        owned = self._owned.pop(kernel_id, None)
        if owned is not None:
            self._by_secret.pop(owned.secret_hash, None)

    def person(self, secret: str) -> str | None:
        """Give the owner of the kernel that holds `secret`."""
        kernel_id = self._by_secret.get(token_hash(secret))
        owned = self._owned.get(kernel_id) if kernel_id else None
        return owned.person_id if owned else None

    def owner(self, kernel_id: str) -> str | None:
        """Give the owner of a kernel."""
        owned = self._owned.get(kernel_id)
        return owned.person_id if owned else None

    def kernels(self, person_id: str) -> list[str]:
        """List a person's kernels, oldest first."""
        return [kernel_id for kernel_id, owned in self._owned.items() if owned.person_id == person_id]
