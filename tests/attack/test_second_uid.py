"""Another user of the machine, while a run is going on: nothing that he can reach runs his code."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmark.engine.dispatch.executors import DaskExecutor, local_cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.getuid() != 0, reason="needs root, to act as another user"),
]
NOBODY = 65534
# What he tries: to look into the folder, to connect to a socket or a port, to take its place.
ATTACK = """
import json, os, pathlib, socket, sys
asked = json.load(sys.stdin)
reached = []
for path in asked["sockets"]:
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        reached.append(path)
    except OSError:
        pass
for port in asked["ports"]:
    try:
        socket.create_connection(("127.0.0.1", port), 1)
        reached.append(port)
    except OSError:
        pass
attempts = (
    os.listdir,
    lambda folder: os.rename(folder, folder + "x"),
    lambda folder: os.open(folder + "/1", os.O_CREAT),
)
for attempt in attempts:
    try:
        reached.append(repr(attempt(asked["folder"])))
    except OSError:
        pass
json.dump({"uid": os.getuid(), "reached": reached}, sys.stdout)
"""


def as_nobody(asked: dict[str, Any]) -> dict[str, Any]:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("needs a Python that another user may start")
    ended = subprocess.run(
        [python, "-I", "-c", ATTACK],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        check=True,
    )
    said: dict[str, Any] = json.loads(ended.stdout)
    assert said["uid"] == NOBODY
    return said


def test_another_user_reaches_nothing_of_a_run(tmp_path: Path) -> None:
    own = psutil.Process()
    before = {c.laddr.port for c in own.net_connections("inet") if c.status == "LISTEN"}
    with local_cluster(2, 1, str(tmp_path)) as executor:
        assert isinstance(executor, DaskExecutor)
        folder = executor._client.scheduler.address.split(":")[1].removeprefix("//")
        sockets = [str(path) for path in Path(folder).iterdir() if path.is_socket()]
        ports = {
            connection.laddr.port
            for process in (own, *own.children(recursive=True))
            for connection in process.net_connections("inet")
            if connection.status == "LISTEN"
        } - before
        said = as_nobody({"sockets": sockets, "ports": sorted(ports), "folder": folder})
    tried = len(sockets) + len(ports) + 3
    print(
        f"\nsecond uid: {tried} attempts, {len(said['reached'])} got through; ports: {len(ports)}"
    )
    assert len(sockets) == 5
    assert said["reached"] == []


def test_the_attack_itself_works_where_nothing_is_guarded(tmp_path: Path) -> None:
    open_ = Path("/tmp") / f"weakpair-attack-{os.getpid()}"
    open_.mkdir()
    open_.chmod(0o777)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(open_ / "7"))
            (open_ / "7").chmod(0o777)
            listener.listen()
            said = as_nobody({"sockets": [str(open_ / "7")], "ports": [], "folder": str(open_)})
        assert len(said["reached"]) == 3
    finally:
        shutil.rmtree(open_, ignore_errors=True)
