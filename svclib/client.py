"""The same calls from a kernel, a notebook, a script: ``svc = svclib.connect()``, then ``svc.<topic>.<verb>(…)``.

Importing this module costs next to nothing and works wherever Python does; pandas and the server's side are loaded when
a call needs them.
"""

from __future__ import annotations

import base64
import http.client
import inspect
import json
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from svclib import errors
from svclib.errors import InvalidInput, NotSignedIn, SvcError, Unavailable
from svclib.i18n import _

DEFAULT_URL = "http://127.0.0.1:8866"
ARROW = "application/vnd.apache.arrow.stream"
SECONDS = 120
_CLASSES = (
    errors.NotSignedIn, errors.AccessDenied, errors.NotFound, errors.Conflict, errors.TooMany, errors.Unavailable,
    errors.InvalidInput,
)  # fmt: skip


class Record(dict[str, Any]):
    """A result's object: a dictionary whose keys may also be written as attributes.

    >>> Record(name="Lin").name
    'Lin'
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Way(Protocol):
    """How calls get to the platform."""

    def call(self, name: str, given: Mapping[str, Any]) -> Any:
        """Run the operation ``topic.verb``."""
        ...

    def described(self) -> dict[str, Any]:
        """Give the OpenAPI document."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Service:
    """The platform as `connect` gives it: an attribute a topic, on it a method a verb.

    Examples
    --------
    >>> svc = connect("sqlite://")  # an empty store in memory
    >>> svc.people.me().login
    'system'
    >>> svc.close()
    """

    def __init__(self, way: Way) -> None:
        self._way = way
        self._known: dict[str, dict[str, Any]] | None = None

    def __getattr__(self, topic: str) -> Topic:
        if topic.startswith("_"):
            raise AttributeError(topic)
        return Topic(self, topic)

    def __dir__(self) -> list[str]:
        return sorted({name.split(".")[0] for name in self._operations()} | {"close"})

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections, or of the store opened in process."""
        self._way.close()

    def _operations(self) -> dict[str, dict[str, Any]]:
        if self._known is None:
            paths = self._way.described()["paths"].values()
            self._known = {one["post"]["operationId"]: one["post"] for one in paths}
        return self._known


class Topic:
    """The verbs of one topic."""

    def __init__(self, service: Service, name: str) -> None:
        self._service = service
        self._name = name

    def __getattr__(self, verb: str) -> Verb:
        if verb.startswith("_"):
            raise AttributeError(verb)
        return Verb(self._service, f"{self._name}.{verb}")

    def __dir__(self) -> list[str]:
        names = (name.split(".") for name in self._service._operations())
        return sorted(verb for topic, verb in names if topic == self._name)

    def __repr__(self) -> str:
        return f"<{self._name}: {', '.join(dir(self))}>"


class Verb:
    """One operation; call it with keywords. Its documentation and signature come from the server."""

    def __init__(self, service: Service, name: str) -> None:
        self._service = service
        self._name = name

    def __call__(self, **given: Any) -> Any:
        """Run the operation."""
        way = self._service._way
        result = way.call(self._name, given)
        return _MADE[self._name](way, given, result) if self._name in _MADE else result

    def __repr__(self) -> str:
        return f"<operation {self._name}{self.__signature__}>"

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return str(self._described().get("description", ""))

    @property
    def __signature__(self) -> inspect.Signature:
        content = self._described().get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        needed = set(schema.get("required", ()))
        kind = inspect.Parameter.KEYWORD_ONLY
        return inspect.Signature([
            inspect.Parameter(name, kind, default=inspect.Parameter.empty if name in needed else part.get("default"))
            for name, part in schema.get("properties", {}).items()
        ])  # fmt: skip

    def _described(self) -> dict[str, Any]:
        return self._service._operations().get(self._name, {})


def _design(way: Way, given: Mapping[str, Any], told: Mapping[str, Any]) -> Any:
    """Make the `stats.Design` of a survey's answers from the columns that describe their sampling."""
    from svclib.stats.design.reading import of_responses

    frame = way.call("frames.responses", {name: value for name, value in given.items() if name != "source"})
    if given.get("source") is not None:
        frame = frame[frame["source"] == given["source"]]
    return of_responses(frame, **told)


_MADE = {"frames.design": _design}
"""Results that mean more to Python than JSON can carry."""


def connect(target: str | None = None, *, token: str | None = None) -> Service:
    """Connect to the platform.

    Parameters
    ----------
    target : str, optional
        Address of a server (``https://…``) or the URL of a store that one owns (``sqlite:///file``: the calls then run
        in this process, with every right). By default the server of ``SVC_URL``.
    token : str, optional
        A personal token; by default ``SVC_TOKEN``, else what ``svc login`` kept. An app's kernel needs none: the server
        knows whose it is.

    Raises
    ------
    NotSignedIn
        There is no token; run ``svc login``.
    """
    if target and not target.startswith(("http://", "https://")):
        return Service(InProcess(target))
    secret = os.environ.get("SVC_KERNEL_SECRET")
    if secret and target is None and token is None:
        return Service(OverHttp(os.environ.get("SVC_URL", DEFAULT_URL), f"Kernel {secret}"))
    kept = kept_tokens()
    address = (target or os.environ.get("SVC_URL") or next(iter(kept), DEFAULT_URL)).rstrip("/")
    if not address.startswith(("http://", "https://")):  # a report that `svc report` runs reads the store itself
        return Service(InProcess(address))
    held = token or os.environ.get("SVC_TOKEN") or kept.get(address)
    if not held:
        raise NotSignedIn(_("There is no personal token for {address}; run svc login, or set SVC_TOKEN."),
                          address=address)  # fmt: skip
    return Service(OverHttp(address, f"Bearer {held}"))


def tokens_file() -> Path:
    """Where ``svc login`` keeps tokens by server, the newest first; readable by oneself alone."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "svclib" / "tokens.json"


def kept_tokens() -> dict[str, str]:
    """Give the tokens that ``svc login`` kept, by the server's address; empty when there are none."""
    try:
        kept = json.loads(tokens_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    return {str(address): str(token) for address, token in kept.items()} if isinstance(kept, dict) else {}


class OverHttp:
    """Calls over HTTP, on one connection a thread that is opened again when the server closed it."""

    def __init__(self, url: str, authorization: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput(_("{value} is no address of a server; give it as https://name."), value=url)
        self._parts = parts
        self._headers = {"Authorization": authorization, "Content-Type": "application/json"}
        if os.environ.get("SVC_LANG"):
            self._headers["Accept-Language"] = os.environ["SVC_LANG"]
        self._local = threading.local()

    def call(self, name: str, given: Mapping[str, Any]) -> Any:
        """Run the operation ``topic.verb``; a frame comes back as a DataFrame, all else as plain values."""
        try:
            body = json.dumps(given, default=_encoded, allow_nan=False).encode()
        except ValueError as fault:
            raise InvalidInput(_("{operation}: NaN and infinity cannot be sent."), operation=name) from fault
        kind, answer = self._exchange("POST", f"/api/v1/{name.replace('.', '/')}", body)
        return _frame(answer) if kind.startswith(ARROW) else json.loads(answer, object_hook=Record)

    def described(self) -> dict[str, Any]:
        """Give the OpenAPI document of the server."""
        return dict(json.loads(self._exchange("GET", "/api/v1/openapi.json", None)[1]))

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[str, bytes]:
        status, kind, answer = self._sent(method, self._parts.path.rstrip("/") + path, body)
        if status >= 400:
            raise error_of(status, answer)
        return kind, answer

    def _sent(self, method: str, path: str, body: bytes | None) -> tuple[int, str, bytes]:
        kept = getattr(self._local, "connection", None) is not None
        try:
            return self._once(method, path, body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as fault:
            self.close()
            if kept:  # an idle connection that the server closed before it read anything
                return self._sent(method, path, body)
            raise self._unreachable(fault) from fault
        except (OSError, http.client.HTTPException) as fault:
            self.close()
            raise self._unreachable(fault) from fault

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, str, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
            connection = kind(str(self._parts.hostname), self._parts.port, timeout=SECONDS)
            self._local.connection = connection
        connection.request(method, path, body=body, headers=self._headers)
        response = connection.getresponse()
        return response.status, response.headers.get("Content-Type", ""), response.read()

    def _unreachable(self, fault: Exception) -> Unavailable:
        address = f"{self._parts.scheme}://{self._parts.netloc}"
        return Unavailable(
            _("The server at {address} does not answer ({reason}); is it running?"),
            address=address, reason=type(fault).__name__,
        )  # fmt: skip


class InProcess:
    """Calls in this process, on a store that one owns; with every right."""

    def __init__(self, url: str) -> None:
        from svclib.operations import registry
        from svclib.operations.actor import system_actor
        from svclib.settings import Settings
        from svclib.store import Store

        self._registry = registry
        self._actor = system_actor()
        self._store = Store.open(url, settings=Settings.from_environment())

    def call(self, name: str, given: Mapping[str, Any]) -> Any:
        """Run the operation ``topic.verb``."""
        plain = json.loads(json.dumps(given, default=_encoded))
        result = self._registry.call(self._store, self._actor, name, plain)
        adapter = self._registry.operations()[name].result
        return result if adapter is None else json.loads(adapter.dump_json(result), object_hook=Record)

    def described(self) -> dict[str, Any]:
        """Give the OpenAPI document of this version."""
        from svclib.operations.openapi import document

        return document(self._registry.operations())

    def close(self) -> None:
        """Close the store."""
        self._store.close()


def error_of(status: int, answer: bytes) -> SvcError:
    """Give the error that a server answered, of the class it was raised as there."""
    try:
        told = json.loads(answer)["error"]
        code, message, fields = str(told["code"]), str(told["message"]), dict(told.get("fields") or {})
    except (ValueError, KeyError, TypeError):
        code, message, fields = "http", f"HTTP {status}", {}
    named = next((kind for kind in _subclasses(SvcError) if kind.__dict__.get("code") == code), None)
    kind = named or next((one for one in _CLASSES if one.status == status), SvcError)
    # The message has its places filled: braces in it are text.
    error = kind(message.replace("{", "{{").replace("}", "}}") if fields else message)
    error.fields, error.code = fields, code  # type: ignore[misc]
    return error


def _subclasses(kind: type[SvcError]) -> Iterator[type[SvcError]]:
    for one in kind.__subclasses__():
        if one.__module__ == errors.__name__:
            yield one
        yield from _subclasses(one)


def _frame(answer: bytes) -> Any:
    import pyarrow as pa

    return pa.ipc.open_stream(answer).read_pandas()


def _encoded(value: Any) -> Any:
    if isinstance(value, date):  # also datetime and pandas.Timestamp
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, (set, frozenset, tuple)) or hasattr(value, "tolist"):
        return value.tolist() if hasattr(value, "tolist") else list(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")
