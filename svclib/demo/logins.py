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
    Login("hr", "演示 人力资源 / HR", "head", "hr", "人力资源部"),
    Login("quality", "演示 服务质量 / Quality", "head", "quality", "服务质量部"),
    Login("staff", "演示 员工 / Staff", "b01", "staff", "柜员"),
    Login("manager", "演示 网点经理 / Manager", "b07", "manager", "网点经理"),
    Login("researcher", "演示 研究员 / Researcher", "head", "researcher", "服务质量部"),
    Login("author", "演示 命题人 / Author", "head", "author", "人力资源部"),
    Login("reviewer", "演示 审题人 / Reviewer", "head", "reviewer", "合规部"),
    Login("proctor", "演示 监考 / Proctor", "head", "proctor", "人力资源部"),
    Login("risk", "演示 风险 / Risk", "head", "risk", "风险管理部"),
    Login("auditor", "演示 审计 / Auditor", "head", "auditor", "审计部"),
    Login("viewer", "演示 管理层 / Management", "head", "viewer", "管理层"),
    Login("security", "演示 信息安全 / Security", "head", "security", "信息技术部"),
    Login("admin", "演示 管理员 / Administrator", "head", "administrator", "信息技术部"),
)


def is_demo(store: Store) -> bool:
    """Whether the store holds the demonstration bank."""
    with store.read() as connection:
        return connection.scalar(select(audit.c.seq).where(audit.c.action == "demo.build").limit(1)) is not None
