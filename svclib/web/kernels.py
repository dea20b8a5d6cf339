"""Kernels behind Voila's apps: each belongs to one person, knows nothing but a secret, and ends with its page."""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.auth import IdentityProvider, User
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from tornado.web import HTTPError
from traitlets import Unicode
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from svclib.errors import NotFound, TooMany, Unavailable
from svclib.i18n import _
from svclib.web import headers
from svclib.web.base import Guarded, Handler
from svclib.web.rules import PERSON
from svclib.web.site import Site

ALLOWED = ("comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request")
V1 = "v1.kernel.websocket.jupyter.org"
MOST_PARTS = 1024
MOST_PER_PERSON = 4
MOST_TOGETHER = 60
YOUNG_SECONDS = 20.0  # a kernel whose page is still being drawn has no connection yet
KEPT_VARIABLES = (
    "PATH",
    "LANG",
    "LC_ALL",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "TZ",
    "JUPYTER_PATH",
    "SVC_TZ",
    "FONTCONFIG_PATH",
)
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class SoleKernelSpecManager(KernelSpecManager):
    """Knows one kernel, this Python; what else is installed on the machine does not matter."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Give the only name there is."""
        return {"python3": str(Path(__file__).parent)}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Give the same kernel for every name."""
        metadata = {"kernel_provisioner": {"provisioner_name": self.provisioner}} if self.provisioner else {}
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3", language="python", metadata=metadata,
        )  # fmt: skip

    provisioner = Unicode("", help="Name of the kernel provisioner; empty for a process of its own.")

    def get_all_specs(self) -> dict[str, Any]:
        """Give name and contents of the only one."""
        spec = self.get_kernel_spec("python3")
        return {"python3": {"resource_dir": str(Path(__file__).parent), "spec": spec.to_dict()}}


class OneKernel(ServerKernelManager):
    """Starts one kernel, under another account of the system where the operator named one."""

    async def _async_pre_start_kernel(self, **options: Any) -> tuple[list[str], dict[str, Any]]:
        command, launch = await super()._async_pre_start_kernel(**options)
        account = kernel_account()
        if account is not None:
            os.chown(self.connection_file, account.pw_uid, account.pw_gid)
            launch.update(user=account.pw_uid, group=account.pw_gid, extra_groups=[])
        return command, launch


def kernel_account() -> pwd.struct_passwd | None:
    """The account of ``SVC_KERNEL_USER``, for servers that may change accounts (root)."""
    name = os.environ.get("SVC_KERNEL_USER")
    if not name or os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name)
    except KeyError as fault:
        raise Unavailable(_("SVC_KERNEL_USER names {name}, which is no account here."), name=name) from fault


class Kernels(AsyncMappingKernelManager):
    """All kernels of the server, with their owners."""

    site: Site

    def adopt(self, site: Site) -> None:
        """Take the site, and what messages may come in."""
        self.site = site
        self.allowed_message_types = list(ALLOWED)
        self.allow_tracebacks = False
        self._begun: dict[str, float] = {}

    async def start_for(self, person_id: str, variables: Mapping[str, str], home: Path) -> str:
        """Start a kernel for a person and give its id."""
        await self._make_room(person_id)
        secret = self.site.secrets.issue()
        environment = {**kernel_environment(self.site, secret, home), **variables}
        kernel_id = str(await self.start_kernel(kernel_name="python3", env=environment, cwd=str(home)))
        self.site.secrets.bind(kernel_id, person_id, secret)
        self._begun[kernel_id] = time.monotonic()
        return kernel_id

    async def shutdown_kernel(  # type: ignore[override]
        self, kernel_id: str, now: bool = False, restart: bool = False
    ) -> None:
        """End a kernel; its secret ends first."""
        self.site.secrets.release(kernel_id)
        self._begun.pop(kernel_id, None)
        await super().shutdown_kernel(kernel_id, now=now, restart=restart)

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that died."""
        self.site.secrets.release(kernel_id)
        self._begun.pop(kernel_id, None)
        return super().remove_kernel(kernel_id)

    async def _make_room(self, person_id: str) -> None:
        mine = [kernel_id for kernel_id in self.site.secrets.kernels(person_id) if kernel_id in self]
        for kernel_id in mine[:]:
            if len(mine) < MOST_PER_PERSON:
                return
            if self._forgotten(kernel_id):
                mine.remove(kernel_id)
                await self.shutdown_kernel(kernel_id, now=True)
        if len(mine) >= MOST_PER_PERSON:
            raise TooMany(_("You have {count} desks open. Close one of their tabs and try again."), count=len(mine))
        if len(self) >= MOST_TOGETHER:
            raise TooMany(_("All places are taken just now; try again in a minute."), seconds=60)

    def _forgotten(self, kernel_id: str) -> bool:
        age = time.monotonic() - self._begun.get(kernel_id, 0.0)
        return age > YOUNG_SECONDS and not self._kernel_connections.get(kernel_id)


def kernel_environment(site: Site, secret: str, home: Path) -> dict[str, str]:
    """Give the little that a kernel is told: how to run, where the server is, and by what to speak for its user.

    No SVC_STORE, no SVC_HOME, no keys: a kernel reaches data by the API alone.
    """
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        **dict.fromkeys(ONE_THREAD, "1"),
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONNOUSERSITE": "1",
        "SVC_URL": f"http://127.0.0.1:{site.port}",
        "SVC_KERNEL_SECRET": secret,
    }


class FilteredConnection(ZMQChannelsWebsocketConnection):
    """Lets widgets' messages through and nothing that runs code; a frame that cannot be read is dropped."""

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass on what `ALLOWED` names; the manager's list is checked for either framing by the base class."""
        if not well_framed(incoming_msg, v1=self.subprotocol == V1):
            self.log.warning("Dropped a frame that is no message")
            return
        try:
            super().handle_incoming_message(incoming_msg)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError) as fault:
            self.log.warning("Dropped a frame that is no message (%s)", type(fault).__name__)


def well_framed(frame: str | bytes, *, v1: bool) -> bool:
    """Whether the table of offsets at the head of a binary frame fits the frame.

    The base class believes the number of parts that a frame names and would count to 2**64 on the event loop.

    >>> well_framed(b"xxxxxxxxxxxx", v1=True), well_framed('{"header": {}}', v1=False)
    (False, True)
    """
    if isinstance(frame, str):
        return not v1
    width = 8 if v1 else 4
    order: Literal["little", "big"] = "little" if v1 else "big"
    number = int.from_bytes(frame[:width], order)
    if not 1 <= number <= MOST_PARTS or len(frame) < width * (number + 1):
        return False
    offsets = [int.from_bytes(frame[width * n : width * (n + 1)], order) for n in range(1, number + 1)]
    return offsets == sorted(offsets) and offsets[0] == width * (number + 1) and offsets[-1] <= len(frame)


class Owners(IdentityProvider):
    """Tells Jupyter's handlers who asks: whom our own check found."""

    need_token = False

    def get_user(self, handler: Any) -> User | None:
        """Give the person of our handlers; nobody for any other."""
        person = getattr(handler, "person", None)
        return User(username=person.person_id, name=person.name) if person else None

    @property
    def auth_enabled(self) -> bool:
        """Always."""
        return True


class OwnKernel(Guarded):
    """Mixin: the kernel of the address must be the visitor's own; another's does not exist."""

    rule = PERSON
    speaks = "json"
    policy = headers.DATA_POLICY

    async def prepare(self: Any) -> None:
        """Check the owner before anything of Jupyter's runs."""
        await super().prepare()
        kernel_id = self.path_kwargs.get("kernel_id") or (self.path_args[0] if self.path_args else "")
        if not self.person or self.site.secrets.owner(kernel_id) != self.person.person_id:
            raise NotFound(_("There is no such kernel."))


class KernelState(OwnKernel, KernelHandler):  # type: ignore[misc]
    """``GET /api/kernels/ID``: Voila's page asks for it before it connects."""

    SUPPORTED_METHODS = ("GET", "HEAD")

    def check_query(self) -> None:
        """JupyterLab hangs the time onto the address to get past caches; nothing reads it."""


class KernelSocket(OwnKernel, VoilaKernelWebsocketHandler):
    """The socket between a page's widgets and its kernel."""

    query_keys: ClassVar[frozenset[str]] = frozenset({"session_id"})
    SUPPORTED_METHODS = ("GET",)


class KernelEnd(OwnKernel, VoilaShutdownKernelHandler):
    """The beacon of a closing tab: it cannot carry a token, so where it comes from has to do."""

    SUPPORTED_METHODS = ("POST",)

    def check_xsrf_cookie(self) -> None:
        """Only our own pages, and only for one's own kernel."""
        Handler.require_same_origin(self)  # type: ignore[arg-type]


async def end_all(kernels: Kernels, seconds: float = 5.0) -> None:
    """End every kernel, without waiting longer than `seconds`."""
    try:
        await asyncio.wait_for(kernels.shutdown_all(now=True), seconds)
    except (TimeoutError, HTTPError):
        kernels.log.warning("Some kernels did not end in time; they end with this process")
