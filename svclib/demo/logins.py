"""The demonstration log-ins: one for each kind of user. No other account of the demonstration bank has a password."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from svclib.store import Store
from svclib.store.schema import audit

PASSWORD = "svclib-demo"  # noqa: S105 - printed at every start; such a store listens on this machine only


@dataclass(frozen=True)
class Login:
    """One demonstration account: what it is called, where it sits, which role it has."""

    login: str
    name: str
    unit: str
    role: str
    position: str


LOGINS = (
    Login("hr", "人力资源（演示）", "head", "hr", "人力资源部"),
    Login("quality", "服务质量（演示）", "head", "quality", "服务质量部"),
    Login("staff", "员工（演示）", "b01", "staff", "柜员"),
    Login("manager", "网点经理（演示）", "b07", "manager", "网点经理"),
    Login("researcher", "研究员（演示）", "head", "researcher", "服务质量部"),
    Login("author", "命题人（演示）", "head", "author", "人力资源部"),
    Login("reviewer", "审题人（演示）", "head", "reviewer", "合规部"),
    Login("proctor", "监考（演示）", "head", "proctor", "人力资源部"),
    Login("risk", "风险管理（演示）", "head", "risk", "风险管理部"),
    Login("auditor", "审计（演示）", "head", "auditor", "审计部"),
    Login("viewer", "管理层（演示）", "head", "viewer", "管理层"),
    Login("security", "信息安全（演示）", "head", "security", "信息技术部"),
    Login("admin", "管理员（演示）", "head", "administrator", "信息技术部"),
)


def is_demo(store: Store) -> bool:
    """Whether the store holds the demonstration bank."""
    with store.read() as connection:
        return connection.scalar(select(audit.c.seq).where(audit.c.action == "demo.build").limit(1)) is not None
