"""Any stream takes what bench prints: in any encoding, and closed before the end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from weakpair.imports import HOME

RUN = ("run", "--grid", "smoke", "--workers", "0", "--learners", "pca", "--tasks", "matching")


def started(folder: Path, *words: str, **env: str) -> "subprocess.Popen[bytes]":
    path = os.pathsep.join([str(HOME), *(entry for entry in sys.path if entry)])
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "weakpair", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run in it."""
    folder = tmp_path_factory.mktemp("streams")
    out, err = started(folder, *RUN, PYTHONIOENCODING="latin-1").communicate()
    assert b"points have scores" in out, err
    assert "… ".encode() not in out
    return folder


_SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("cp1252", "koi8-r")]


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", *_SLOW])
@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("list", "learners"),
        ("list", "metrics"),
        ("status", "runs/smoke"),
        ("report", "runs/smoke"),
        (*RUN, "--dry-run"),
    ],
)
def test_a_stream_shows_what_it_can(folder: Path, words: tuple[str, ...], encoding: str) -> None:
    made = started(folder, *words, PYTHONIOENCODING=encoding)
    out, err = made.communicate()
    assert made.returncode == 0, err
    assert b"UnicodeEncodeError" not in err
    assert out.strip()


def test_tables_keep_their_marks_in_letters(folder: Path) -> None:
    out, _ = started(folder, "report", "runs/smoke", PYTHONIOENCODING="latin-1").communicate()
    assert "Trace ^" in out.decode("latin-1")
    out, _ = started(folder, "report", "runs/smoke", PYTHONIOENCODING="utf-8").communicate()
    assert "Trace ↑" in out.decode()


@pytest.mark.parametrize("words", [("cache", "ls"), ("list", "grids"), ("report", "runs/smoke")])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_is_no_failure(
    folder: Path, words: tuple[str, ...], unbuffered: str
) -> None:
    made = started(folder, *words, PYTHONUNBUFFERED=unbuffered)
    assert made.stdout is not None
    assert made.stderr is not None
    made.stdout.close()
    assert made.stderr.read() == b""
    assert made.wait() in (0, 141)
    made.stderr.close()


def test_foreign_text_reaches_the_terminal_as_text(folder: Path) -> None:
    """Neither rich's markup nor control sequences of a grid's words act, nor do they crash."""
    about = "[/red] [bold]no markup[/] \\x1b]0;title\\x07 \\u202e"
    (folder / "odd.yaml").write_text(
        f'name: "{about}"\nabout: "{about}"\nbase: smoke\nlearners: [pca]\n'
    )
    made = started(folder, "run", "--grid", "odd.yaml", "--dry-run", COLUMNS="200")
    out, err = made.communicate()
    assert made.returncode == 0, err
    assert b"[/red] [bold]no markup[/] \\x1b]0;title\\x07 \\u202e" in out
    assert b"\x1b" not in out
    made = started(folder, "run", "--grid", "odd.yaml", "--aligners", "[/x]\x1b[31mred")
    out, err = made.communicate()
    assert made.returncode == 2
    assert b"\x1b[31m" not in err


@pytest.mark.parametrize(("words", "code"), [("--version", 0), ("nope", 2)])
def test_what_a_library_does_at_the_very_end_changes_no_exit_code(words: str, code: int) -> None:
    """Its threads may abort as they are destructed; Python's own functions run nevertheless."""
    script = (
        "import atexit, ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "assert libc.__cxa_atexit(libc.abort, None, None) == 0\n"
        "atexit.register(print, 'done')\n"
        "from weakpair.__main__ import main\n"
        "main()\n"
    )
    path = os.pathsep.join([str(HOME), *(entry for entry in sys.path if entry)])
    made = subprocess.run(
        [sys.executable, "-P", "-c", script, words],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == code, made.stderr
    assert made.stdout.splitlines()[-1] == "done"
