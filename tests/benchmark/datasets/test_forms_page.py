"""The examples of `docs/data.md` make files that are read, all with one content."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.datasets import load

PAGE = Path(__file__).parents[3] / "docs/data.md"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"# bench run --data (\S+) --group (\S+)")


@pytest.mark.filterwarnings("ignore")
def test_every_example_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mudata")
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    scope: dict[str, Any] = {}
    exec(blocks[0], scope)
    seen = []
    for block in blocks[1:]:
        assert len(block.splitlines()) <= 10
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(block, scope)
        data, group = COMMAND.findall(block)[0]
        seen.append(load({"path": f"./{data}", "group": group}))
    assert len(seen) == 6
    for dataset in seen:
        np.testing.assert_array_equal(dataset.modality1.x, scope["rna"].to_numpy())
        np.testing.assert_array_equal(dataset.modality2.x, scope["atac"].to_numpy())
        assert dataset.modality1.labels.tolist() == scope["obs"]["perturbation"].tolist()
        assert len(dataset.pairs()[0]) == 7
