"""Archives that promise what they do not have, or more than the machine holds, are one line."""

import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmark.datasets import load
from tests.benchmark.datasets.test_archives import arrays
from weakpair.errors import DataError


def archive(path: Path, **raw: bytes) -> Path:
    """An archive of NumPy's with some members as they are given."""
    np.savez(path, **{name: array for name, array in arrays().items() if name not in raw})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        for name, content in raw.items():
            file.writestr(f"{name}.npy", content)
    return path


def member(shape: tuple[int, ...], dtype: str = "<f8", content: bytes = b"") -> bytes:
    made = BytesIO()
    header: dict[str, Any] = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(made, header)
    return made.getvalue() + content


@pytest.mark.parametrize("shape", [(10**6, 10**7), (2**40, 2**40), (7, 5)])
def test_a_header_that_promises_more_is_one_line(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = archive(tmp_path / "lies.npz", x1=member(shape, content=bytes(80)))
    with pytest.raises(DataError, match=r"'x1' is not readable \(its header promises"):
        load(path)


def test_what_does_not_fit_into_memory_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "bomb.npz", x1=member((7, 10**6), content=bytes(56 * 10**6)))
    assert path.stat().st_size < 100_000
    small = SimpleNamespace(total=10**7)
    monkeypatch.setattr("benchmark.datasets.loaders.declared.psutil.virtual_memory", lambda: small)
    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(DataError, match="unpack to 56,"):
        load(path)


@pytest.mark.parametrize("kind", ["x1", "t1", "ids"])
def test_compound_values_are_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "compound.npz"
    made = arrays()
    made[kind] = np.zeros(7, dtype=[("a", "<f8"), ("b", "<i4")])
    np.savez(path, **made)
    with pytest.raises(DataError) as refused:
        load(path)
    assert "\n" not in str(refused.value)
