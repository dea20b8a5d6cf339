"""The server: one Tornado process, Voila's application with our doors instead of its own."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

# jsonschema tries to import a grammar of international addresses that takes 0.8 s to compile and that nothing here
# uses; None in its place is read as "not installed". This line must come before Voila's imports.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from tornado.httpserver import HTTPServer  # noqa: E402
from tornado.netutil import bind_sockets  # noqa: E402
from tornado.web import Application  # noqa: E402
from traitlets.config import Config  # noqa: E402
from voila.app import Voila  # noqa: E402

from svclib.errors import Unavailable  # noqa: E402
from svclib.i18n import _  # noqa: E402
from svclib.settings import Settings  # noqa: E402
from svclib.store import Store  # noqa: E402
from svclib.store.migrate import require_current  # noqa: E402
from svclib.web import routes  # noqa: E402
from svclib.web.desks import folder  # noqa: E402
from svclib.web.kernels import (  # noqa: E402
    FilteredConnection,
    Kernels,
    Owners,
    SoleKernelSpecManager,
    end_all,
    kernel_account,
)
from svclib.web.log import FailureLog  # noqa: E402
from svclib.web.site import Site  # noqa: E402
from svclib.web.sweeper import Sweeper  # noqa: E402

LARGEST_REQUEST = 12 * 2**20
CULL_AFTER_SECONDS = 180  # a page that comes back within three minutes finds its kernel
CULL_EVERY_SECONDS = 30
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget")


class Server(Voila):
    """Voila with our own doors: nothing of its tree, files, contents or request-info handlers is there."""

    site: Site

    def init_settings(self) -> dict[str, Any]:
        """Give Voila's settings with our kernels, our identities and protection against forged requests."""
        settings = dict(super().init_settings())
        self.kernel_manager.adopt(self.site)
        settings |= {
            "site": self.site, "voila": self, "xsrf_cookies": True, "xsrf_cookie_kwargs": {"samesite": "Lax"},
            "cookie_secret": self.site.cookie_secret, "compress_response": True,
            "default_handler_class": routes.Missing,
            "allow_remote_access": True, "server_root_dir": str(folder()), "kernel_home": self.connection_dir,
            "assets_version": assets_version(), "ws_ping_interval": 30_000, "ws_ping_timeout": 30_000,
            "log_function": FailureLog(),
            "static_url_prefix": "/voila/static/",
        }  # fmt: skip
        return settings

    def init_handlers(self) -> list[Any]:
        """Give the routes; each has a rule, or the server does not start."""
        return routes.handlers(self)

    def open_doors(self, port: int) -> HTTPServer:
        """Build the application and listen; the port may be 0 for any free one."""
        self.connection_dir = kernel_folder()
        sockets = bind_sockets(port, self.site.settings.host)
        self.site.port = sockets[0].getsockname()[1]
        self.app = Application(self.init_handlers_after(self.init_settings), **self._settings)
        proxies = list(self.site.settings.proxies)
        server = HTTPServer(
            self.app, max_body_size=LARGEST_REQUEST, max_buffer_size=2 * LARGEST_REQUEST,
            xheaders=bool(proxies), trusted_downstream=proxies,
        )  # fmt: skip
        server.add_sockets(sockets)
        return server

    def init_handlers_after(self, settings: Callable[[], dict[str, Any]]) -> list[Any]:
        """Make the settings first: the handlers need what they open."""
        self._settings = settings()
        return self.init_handlers()

    async def close_doors(self, server: HTTPServer) -> None:
        """Stop listening, end every kernel and remove what they used."""
        self.site.closing = True
        server.stop()
        await end_all(self.kernel_manager)
        await asyncio.wait_for(asyncio.gather(server.close_all_connections(), return_exceptions=True), 3)
        shutil.rmtree(self.connection_dir, ignore_errors=True)


def kernel_folder() -> str:
    """Make the folder of connection files and sockets; the account of the kernels, where there is one, may use it."""
    folder = tempfile.mkdtemp(prefix="svc_kernels_")
    account = kernel_account()
    if account is not None:
        os.chown(folder, -1, account.pw_gid)
        Path(folder).chmod(0o770)
    return folder


def configuration() -> Config:
    """What of Voila is switched on."""
    config = Config()
    config.VoilaConfiguration.update({
        "multi_kernel_manager_class": Kernels, "kernel_spec_manager_class": SoleKernelSpecManager, "template": "lab",
        "allow_template_override": "NO", "allow_theme_override": "NO", "file_allowlist": [], "show_tracebacks": False,
        "extension_allowlist": list(EXTENSIONS), "extension_denylist": [], "extension_config": {},
        "resources": {}, "strip_sources": True,
    })  # fmt: skip
    config.Server.update({
        "identity_provider_class": Owners, "kernel_websocket_connection_class": FilteredConnection,
        "open_browser": False, "root_dir": str(folder()), "config_file_paths": [],
    })  # fmt: skip
    config.MappingKernelManager.update({
        "cull_idle_timeout": CULL_AFTER_SECONDS, "cull_interval": CULL_EVERY_SECONDS, "cull_connected": False,
        "root_dir": str(folder()),
    })  # fmt: skip
    # Sockets in a folder of this account alone, instead of ports that every account of the machine can knock at.
    config.KernelManager.transport = "ipc"
    config.MultiKernelManager.kernel_manager_class = "svclib.web.kernels.OneKernel"
    return config


def make_server(settings: Settings, store: Store) -> Server:
    """Make the server on an open store; nothing listens yet."""
    Server.clear_instance()
    server = Server.instance(config=configuration())
    server.site = Site(settings, store)
    server.token = ""
    server.log_level = logging.WARNING
    server.initialize([])
    return server


def serve(settings: Settings, ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; afterwards no process of ours is left.

    Parameters
    ----------
    settings : Settings
        Where to listen and which store to open.
    ready : callable, optional
        Told the address once the server listens.

    Raises
    ------
    NotFound, Unavailable
        The store does not exist; its schema is older than this version (run ``svc migrate``); the port is taken.
    """
    protect(settings.home)
    store = Store.open(settings.store, settings=settings)
    try:
        require_current(store)
        asyncio.run(_run(make_server(settings, store), ready))
    finally:
        store.close()


async def _run(server: Server, ready: Callable[[str], None] | None) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    site = server.site
    try:
        doors = server.open_doors(site.settings.port)
    except OSError as fault:
        raise Unavailable(
            _("Port {port} of {host} cannot be used ({reason}); set SVC_PORT or stop what uses it."),
            port=site.settings.port, host=site.settings.host, reason=os.strerror(fault.errno or 0),
        ) from fault  # fmt: skip
    sweeper = Sweeper(site.store)
    sweeper.start()
    try:
        if ready is not None:
            ready(f"http://{site.settings.host}:{site.port}/")
        await stopping.wait()
    finally:
        sweeper.stop()
        await server.close_doors(doors)
        site.close_pools()


def protect(home: Path) -> None:
    """Make the home folder and close it to other accounts: store, keys and reports lie there."""
    home.mkdir(parents=True, exist_ok=True)
    if home.stat().st_mode & 0o077:
        home.chmod(0o700)


def assets_version() -> str:
    """Short digest of the versions of what Voila's pages load: part of their addresses, so that they cache for good."""
    import anywidget
    import ipywidgets
    import voila

    names = f"{voila.__version__} {ipywidgets.__version__} {anywidget.__version__}"
    return hashlib.sha256(names.encode()).hexdigest()[:10]
