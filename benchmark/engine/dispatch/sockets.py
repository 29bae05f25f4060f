"""A Dask cluster of this machine that no other user can reach: Unix sockets in a private folder.

Whoever connects to a Dask scheduler, or to a worker, can run code as its owner, and a port on
127.0.0.1 is open to every user of the machine. Here nothing listens on a port: an address is
unix://FOLDER:NUMBER, the socket FOLDER/NUMBER, and only the owner may enter the folder.

Importing this module makes the addresses known to Dask; workers do so as they unpickle `Worker`.
"""

import copyreg
import logging
import secrets
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import distributed
from distributed.comm import tcp
from distributed.comm.addressing import parse_host_port
from distributed.comm.core import CommClosedError
from distributed.comm.registry import backends
from tornado import netutil
from tornado.iostream import IOStream, StreamClosedError
from tornado.tcpserver import TCPServer

from weakpair.imports import claimed

SCHEME = "unix"
PREFIX = f"{SCHEME}://"
# A socket's path has room for 107 bytes.
_LONGEST = 80


@contextmanager
def private_folder() -> Iterator[str]:
    """A folder that its owner alone may enter, for sockets; removed afterwards."""
    usual = tempfile.gettempdir()
    above = usual if len(usual.encode()) <= _LONGEST and ":" not in usual else "/tmp"
    folder = tempfile.mkdtemp(prefix="weakpair-", dir=above)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Connector(tcp.TCPConnector):
    prefix = PREFIX

    async def connect(self, address: str, deserialize: bool = True, **_: Any) -> Any:
        stream = IOStream(socket.socket(socket.AF_UNIX), max_buffer_size=tcp.MAX_BUFFER_SIZE)
        try:
            await stream.connect(str(_path(address)))
        except StreamClosedError as error:
            raise CommClosedError(f"nothing listens at {PREFIX}{address}") from error
        folder, _number = parse_host_port(address)
        return tcp.TCP(stream, f"{PREFIX}{folder}:0", PREFIX + address, deserialize)


class _Server(TCPServer):
    """Hands every connection to `accepted`."""

    def __init__(self, accepted: Callable[[Any], Awaitable[None]]) -> None:
        super().__init__(max_buffer_size=int(tcp.MAX_BUFFER_SIZE))
        self._accepted = accepted

    async def handle_stream(self, stream: IOStream, address: Any) -> None:  # noqa: ARG002
        await self._accepted(stream)


class _Listener(tcp.TCPListener):
    prefix = PREFIX

    async def start(self) -> None:
        # A number that is taken is drawn once in a lifetime; binding it would fail.
        self._place = str(self.ip), int(self.port or 1 + secrets.randbelow(2**31))
        bound = netutil.bind_unix_socket(str(_path(self._location)), mode=0o600)
        self.tcp_server = _Server(self._accepted)
        self.tcp_server.add_socket(bound)

    async def _accepted(self, stream: Any) -> None:
        if self.tcp_server is None:
            stream.close()
            return
        comm = tcp.TCP(stream, self.listen_address, f"{PREFIX}{self.ip}:0", self.deserialize)
        comm.allow_offload = self.allow_offload
        try:
            await self.on_connection(comm)
        except CommClosedError:
            return
        await self.comm_handler(comm)

    def get_host_port(self) -> tuple[str, int]:
        if self.tcp_server is None:
            raise ValueError("the listener has not started")
        return self._place

    @property
    def _location(self) -> str:
        return f"{self._place[0]}:{self._place[1]}"

    @property
    def listen_address(self) -> str:
        return PREFIX + self._location

    contact_address = listen_address


class _Backend(tcp.TCPBackend):
    _connector_class = _Connector
    _listener_class = _Listener

    def resolve_address(self, loc: str) -> str:
        return loc

    def get_local_address_for(self, loc: str) -> str:
        return f"{parse_host_port(loc)[0]}:0"


def _path(location: str) -> Path:
    folder, number = parse_host_port(location)
    return Path(folder) / str(number)


class _Silent:
    """A node without the web server that Dask gives to each, which listens on a port."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Start none."""


class Scheduler(_Silent, distributed.Scheduler):
    """Dask's scheduler, without a web server."""


class _Claimed(type(distributed.Worker)):  # type: ignore[misc]
    """Kind of a class that is unpickled only after our import names are claimed."""


class Worker(_Silent, distributed.Worker, metaclass=_Claimed):
    """Dask's worker, without a web server."""


copyreg.pickle(_Claimed, lambda cls: (claimed, (cls.__module__, cls.__qualname__)))


backends[SCHEME] = _Backend()
# It would complain that a Unix socket has no timeouts of TCP; one end sees at once that the other
# has gone.
logging.getLogger(tcp.__name__).setLevel(logging.CRITICAL)


def private_cluster(folder: str, workers: int, **options: Any) -> Any:
    """Start a scheduler here and worker processes, which talk through sockets in the folder.

    Args:
        folder: one that its owner alone may enter, see `private_folder`.
        workers: how many.
        options: of Dask's `Nanny`.
    """
    place = {"host": folder, "protocol": PREFIX}
    scheduler = {"cls": Scheduler, "options": {**place, "dashboard": False}}
    own = {"worker_class": Worker, "dashboard": False, "local_directory": folder}
    worker = {
        "cls": distributed.Nanny,
        "options": {**place, **own, "silence_logs": "CRITICAL", **options},
    }
    cluster: Any = distributed.SpecCluster
    return cluster(
        scheduler=scheduler,
        worker=worker,
        workers=dict.fromkeys(range(workers), worker),
        silence_logs="CRITICAL",
    )
