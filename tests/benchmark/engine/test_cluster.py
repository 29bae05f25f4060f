"""Clusters: nothing listens beyond this machine unasked, jobs ask for what the file says."""

import os
import re
import shutil
import stat
import subprocess
import sys
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from traceback import walk_tb
from typing import Any

import psutil
import pytest
import yaml

from benchmark.engine.dispatch.cluster import ClusterSpec, job_cluster, open_cluster, read_cluster
from benchmark.engine.dispatch.executors import (
    ALLOCATOR,
    DaskExecutor,
    local_cluster,
    quiet_distributed,
)
from benchmark.engine.progress import Lines
from benchmark.engine.worker import Outcome
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import validate_grid
from benchmark.runs.run import RunOptions, run_grid
from tests.benchmark.runs.test_resume import finish, results
from weakpair.errors import ConfigError

KINDS = ["slurm", "lsf", "pbs"]
jobqueue = pytest.importorskip("dask_jobqueue", reason="needs weakpair[hpc]")


def listening() -> set[tuple[str, int]]:
    """Addresses and ports that this process and its children listen on."""
    own = psutil.Process()
    return {
        (connection.laddr.ip, connection.laddr.port)
        for process in (own, *own.children(recursive=True))
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(folder, "--workers", "0")
    return folder


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A certificate that vouches for itself, as the keys of a cluster file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    files = {"cert": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    paths = ["-subj", "/CN=weakpair", "-keyout", files["key"], "-out", files["cert"]]
    subprocess.run([openssl, *words.split(), *paths], check=True, capture_output=True)
    return {"ca": files["cert"], **files}


def write(path: Path, **content: Any) -> str:
    path.write_text(yaml.safe_dump(content))
    return str(path)


def test_local_workers_listen_on_no_port_and_in_a_folder_of_the_owners(tmp_path: Path) -> None:
    before = listening()
    with local_cluster(1, 1, str(tmp_path)) as executor:
        assert isinstance(executor, DaskExecutor)
        scheme, folder, _ = executor._client.scheduler.address.split(":")
        assert listening() == before
        assert scheme == "unix"
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        sockets = [path for path in Path(folder).iterdir() if path.is_socket()]
        assert len(sockets) == 3  # scheduler, nanny, worker
        assert {stat.S_IMODE(path.stat().st_mode) for path in sockets} == {0o600}
    assert not Path(folder).exists()


def test_workers_keep_freed_memory(tmp_path: Path) -> None:
    """Before they start, for that is when the allocator looks; else every tensor is mapped anew."""
    with local_cluster(1, 1, str(tmp_path)):
        (worker,) = (
            process
            for process in psutil.Process().children(recursive=True)
            if "spawn_main" in " ".join(process.cmdline())
        )
        environ = worker.environ()
    assert {name: int(environ[name]) for name in ALLOCATOR} == ALLOCATOR


@contextmanager
def tls_cluster(certificate: dict[str, str]) -> Iterator[str]:
    """Two workers under TLS on loopback; yields the scheduler's address."""
    spec = ClusterSpec.model_validate({"kind": "dask", "address": "tls://unused", **certificate})
    with quiet_distributed().LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        protocol="tls://",
        security=spec.security(),
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs="CRITICAL",
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.slow
def test_a_cluster_under_tls_gives_the_same_and_refuses_strangers(
    undisturbed: Path, tmp_path: Path, certificate: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_cluster(certificate) as address:
        assert address.startswith("tls://127.0.0.1:")
        file = write(tmp_path / "tls.yaml", kind="dask", address=address, **certificate)
        finish(tmp_path / "run", "--cluster", file)
        monkeypatch.setattr("benchmark.engine.dispatch.cluster.CONNECT_TIMEOUT", "3s")
        for stranger in (address, address.replace("tls", "tcp")):
            with (
                pytest.raises(ConfigError, match="no Dask scheduler answers"),
                open_cluster(read_cluster(stranger), 1, str(tmp_path)),
            ):
                pass
    assert results(tmp_path / "run") == results(undisturbed)


@pytest.mark.parametrize("address", ["tls://127.0.0.1:9", "tcp://127.0.0.1:9", "nothing://here"])
def test_a_client_that_finds_no_scheduler_is_closed(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left to the garbage collector it may close, and wait for ever, while the next one starts."""
    monkeypatch.setattr("benchmark.engine.dispatch.cluster.CONNECT_TIMEOUT", "1s")
    with (
        pytest.raises(ConfigError, match="no Dask scheduler answers") as refused,
        open_cluster(read_cluster(address), 1, str(tmp_path)),
    ):
        pass
    why = refused.value.__cause__
    assert why is not None
    made = [frame.f_locals.get("self") for frame, _ in walk_tb(why.__traceback__)]
    (client,) = {one for one in made if isinstance(one, quiet_distributed().Client)}
    assert client.status == "closed"


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_script_asks_for_what_the_file_says(
    kind: str, certificate: dict[str, str], tmp_path: Path
) -> None:
    content = {
        "kind": kind,
        "jobs": 3,
        "workers": 4,
        "memory": "16GB",
        "walltime": "02:30",
        "queue": "long",
        "account": "biology",
        "interface": "lo",
        "directives": ["--gres=gpu:1"],
        "prologue": ["module load cuda"],
        "logs": str(tmp_path / "logs"),
        **certificate,
    }
    spec = read_cluster(write(tmp_path / "cluster.yaml", **content))
    with job_cluster(spec, threads=2) as cluster:
        script = cluster.job_script()
    asked = {
        "slurm": ["-p long", "-A biology", "--cpus-per-task=8", "--mem=15G", "-t 02:30"],
        "lsf": ["-q long", '-P "biology"', "-n 8", "-M 16000000", "-W 02:30"],
        "pbs": ["-q long", "-A biology", "ncpus=8:mem=15GB", "walltime=02:30"],
    }
    for words in (*asked[kind], "--gres=gpu:1"):
        assert re.search(rf"^#[A-Z]+ .*{re.escape(words)}", script, re.MULTILINE), words
    lines = script.splitlines()
    command = next(line for line in lines if "dask_worker" in line)
    assert command.startswith(sys.executable)
    assert lines.index("module load cuda") < lines.index(command)
    assert "export OMP_NUM_THREADS=2" in lines
    (environ,) = (line for line in lines if "PRE_SPAWN_ENVIRON" in line)
    assert literal_eval(environ.split("=", 1)[1].strip("'")) == ALLOCATOR
    assert "--nworkers 4" in command
    assert re.findall(r"--nthreads (\d+)", command)[-1] == "1"
    assert re.search(r" tls://127\.0\.0\.1:\d+ ", command)
    for option, name in (("ca-file", "ca"), ("cert", "cert"), ("key", "key")):
        assert f"--tls-{option} {certificate[name]}" in command


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """SLURM's two commands, played by shell scripts that run jobs in the background.

    The file that it returns lists the jobs that were started.
    """
    jobs = tmp_path / "jobs"
    scripts = {
        "sbatch": '#!/bin/sh\ncp "$1" "$1.kept"\nsh "$1.kept" >/dev/null 2>&1 &\n'
        f'echo "$!" >> "{jobs}"\necho "Submitted batch job $!"\n',
        "scancel": '#!/bin/sh\nkill "$@"\n',
    }
    for name, text in scripts.items():
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return jobs


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_a_batch_system_runs_the_smoke_grid(
    undisturbed: Path, tmp_path: Path, certificate: dict[str, str]
) -> None:
    file = write(tmp_path / "slurm.yaml", kind="slurm", interface="lo", **certificate)
    finish(tmp_path / "run", "--cluster", file)
    assert results(tmp_path / "run") == results(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_ends_is_replaced(
    undisturbed: Path,
    tmp_path: Path,
    certificate: dict[str, str],
    slurm: Path,
    workers: int,
    options: RunOptions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As its walltime does, but without a warning."""
    monkeypatch.setattr("benchmark.engine.dispatch.respawn._AWAY", 5.0)
    file = write(
        tmp_path / "slurm.yaml", kind="slurm", interface="lo", workers=workers, **certificate
    )

    class Walltime(Lines):
        done = 0

        def ended(self, outcome: Outcome) -> None:
            self.done += 1
            if self.done == 20:
                job = psutil.Process(int(slurm.read_text()))
                for process in (job, *job.children(recursive=True)):
                    process.kill()

    grid = validate_grid(read_grid("smoke"))
    summary = run_grid(grid, replace(options, cluster=file), Walltime(StringIO()))
    assert summary.exit_code == 0
    assert len(slurm.read_text().split()) == 2
    assert (options.out / "results.parquet").read_bytes() == results(undisturbed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"kind": "slrum"}, "kind"),
        ({"kind": "slurm", "job": 2}, "did you mean 'jobs'"),
        ({"kind": "slurm", "jobs": 0}, "jobs"),
        ({"kind": "dask"}, "needs an address"),
        ({"kind": "slurm", "address": "tcp://here:1"}, "have none"),
        ({"kind": "slurm", "ca": "a.pem"}, "all of ca, cert and key"),
        ({"kind": "slurm", "ca": "a", "cert": "b", "key": "c"}, "there is no file a"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(
    content: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_cluster(write(tmp_path / "cluster.yaml", **content))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a readable YAML file"):
        read_cluster(str(tmp_path / "missing.yaml"))
    assert read_cluster("tcp://here:8786") == ClusterSpec(kind="dask", address="tcp://here:8786")
