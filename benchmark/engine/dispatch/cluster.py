"""Clusters beyond this machine: a Dask scheduler that runs already, or jobs of a batch system.

Whoever reaches a Dask scheduler can run code as its owner. So jobs and their scheduler talk under
TLS, and the dashboard listens on 127.0.0.1 alone. Workers must see the store under the same path.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import yaml
from pydantic import Field, model_validator

from benchmark.engine.dispatch.executors import (
    ALLOCATOR,
    IN_PROCESS,
    DaskExecutor,
    Executor,
    quiet_distributed,
)
from benchmark.engine.dispatch.respawn import kept
from benchmark.engine.isolation.policy import Policy
from weakpair.errors import ConfigError
from weakpair.plain_yaml.loader import plain
from weakpair.specs import Frozen, parse

CONNECT_TIMEOUT = "10s"
_CLASSES = {"slurm": "SLURMCluster", "lsf": "LSFCluster", "pbs": "PBSCluster"}


class ClusterSpec(Frozen):
    """A cluster: the address of a scheduler (kind "dask"), or what jobs to ask for.

    Attributes:
        kind: "dask", "slurm", "lsf" or "pbs".
        address: of the scheduler, tcp://… or tls://…; kind "dask" only.
        ca: file of the certificate authority, for TLS with certificates of your own.
        cert: file of the certificate that this side shows.
        key: file of its private key.
        jobs: how many jobs to keep running.
        workers: processes per job; each runs one stage at a time.
        memory: of a job, e.g. "16GiB".
        walltime: of a job; a stage that its end cuts short runs again elsewhere.
        queue: partition or queue.
        account: what the jobs are charged to.
        interface: network interface between jobs and scheduler, e.g. "ib0".
        directives: further lines for the batch system, e.g. "--gres=gpu:1".
        prologue: shell lines before a worker starts, e.g. "module load cuda".
        scratch: folder for the workers' temporary files.
        logs: folder for the jobs' output.
        encrypt: TLS between jobs and scheduler, with certificates of the run's own if none are
            given; for kinds other than "dask".
    """

    kind_of_spec: ClassVar[str] = "cluster"
    kind: Literal["dask", "slurm", "lsf", "pbs"]
    address: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    jobs: int = Field(default=1, ge=1)
    workers: int = Field(default=1, ge=1)
    memory: str = "8GiB"
    walltime: str = "04:00:00"
    queue: str | None = None
    account: str | None = None
    interface: str | None = None
    directives: tuple[str, ...] = ()
    prologue: tuple[str, ...] = ()
    scratch: str | None = None
    logs: str | None = None
    encrypt: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "dask") != (self.address is not None):
            raise ValueError("kind 'dask' needs an address, and the other kinds have none")
        files = [self.ca, self.cert, self.key]
        if any(files) and not all(files):
            raise ValueError("TLS needs all of ca, cert and key")
        for file in filter(None, files):
            if not Path(file).is_file():
                raise ValueError(f"there is no file {file}")
        return self

    def security(self) -> Any:
        """Dask's settings of TLS with the certificates that are given, None without."""
        if self.ca is None:
            return None
        return quiet_distributed().Security(
            tls_ca_file=self.ca,
            tls_client_cert=self.cert,
            tls_client_key=self.key,
            tls_worker_cert=self.cert,
            tls_worker_key=self.key,
            tls_scheduler_cert=self.cert,
            tls_scheduler_key=self.key,
            require_encryption=True,
        )


def read_cluster(given: str) -> ClusterSpec:
    """Cluster that `--cluster` names: a YAML file, or the address of a scheduler.

    Raises:
        ConfigError: the file is missing or wrong.
    """
    if not given.endswith((".yaml", ".yml")):
        return ClusterSpec(kind="dask", address=given)
    try:
        content = plain(Path(given).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"--cluster {given}: not a readable YAML file ({' '.join(str(error).split())})"
        ) from error
    return parse(ClusterSpec, content, f"--cluster {given}")


@contextmanager
def open_cluster(
    spec: ClusterSpec, threads: int, root: str, policy: Policy = IN_PROCESS
) -> Iterator[Executor]:
    """Connect to the scheduler, or start one and ask the batch system for workers.

    Raises:
        ConfigError: nothing answers there, or the batch system is not to be had.
    """
    if spec.kind == "dask":
        with _connected(spec) as client:
            yield DaskExecutor(client, root, policy)
        return
    with job_cluster(spec, threads) as cluster:
        workers = spec.jobs * spec.workers
        cluster.scale(workers)
        opened = quiet_distributed().Client(cluster, set_as_default=False)
        with opened as client, kept(cluster, workers):
            yield DaskExecutor(client, root, policy, workers)


@contextmanager
def _connected(spec: ClusterSpec) -> Iterator[Any]:
    """A client of a running scheduler.

    One that finds none is closed here. Left to the garbage collector it would be closed at any
    time, even while the next one starts under a lock that closing takes too.
    """
    distributed = quiet_distributed()
    options = {"timeout": CONNECT_TIMEOUT, "set_as_default": False, "security": spec.security()}
    client = distributed.Client.__new__(distributed.Client)
    try:
        client.__init__(spec.address, **options)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        with suppress(AttributeError):  # certificates that are none are met before there is a loop
            client.close()
        reason = str(error).strip() or type(error).__name__
        raise ConfigError(f"no Dask scheduler answers at {spec.address!r} ({reason})") from error
    with client:
        if not client.nthreads():
            raise ConfigError(f"the Dask scheduler at {spec.address!r} has no workers")
        yield client


def job_cluster(spec: ClusterSpec, threads: int) -> Any:
    """A dask-jobqueue cluster without jobs yet; `job_script()` shows what it will submit.

    Raises:
        ConfigError: dask-jobqueue or cryptography is missing, or it refuses the settings.
    """
    quiet_distributed()
    try:
        import dask_jobqueue

        factory: Any = getattr(dask_jobqueue, _CLASSES[spec.kind])
        return factory(**_settings(spec, threads))
    except ImportError as error:
        raise ConfigError(
            f"--cluster: kind {spec.kind!r} needs more packages ({error}); "
            "pip install weakpair[hpc]"
        ) from error
    except (ValueError, TypeError, RuntimeError) as error:
        raise ConfigError(f"--cluster: kind {spec.kind!r}: {error}") from error


def _exports(threads: int) -> list[str]:
    """Lines of a job script: what the workers of `local_cluster` are given by Dask's settings."""
    return [
        f"export OMP_NUM_THREADS={threads}",
        "export DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False",
        f"export DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON='{json.dumps(ALLOCATOR)}'",
    ]


def _settings(spec: ClusterSpec, threads: int) -> dict[str, Any]:
    charged = "project" if spec.kind == "lsf" else "account"
    own = {"security": spec.security() or True, "protocol": "tls://"} if spec.encrypt else {}
    return {
        "cores": spec.workers * threads,
        "processes": spec.workers,
        "memory": spec.memory,
        "walltime": spec.walltime,
        "queue": spec.queue,
        charged: spec.account,
        "interface": spec.interface,
        "job_name": "weakpair",
        "python": sys.executable,
        "job_extra_directives": list(spec.directives),
        "job_script_prologue": [*_exports(threads), *spec.prologue],
        # The cores of a stage are its own: a worker runs one at a time.
        "worker_extra_args": ["--nthreads", "1", "--no-dashboard"],
        "local_directory": spec.scratch,
        "log_directory": spec.logs,
        "scheduler_options": {"dashboard_address": "127.0.0.1:0"},
        **own,
    }
