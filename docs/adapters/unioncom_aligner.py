"""UnionCom (Cao, Bai, Hong & Wan 2020) as an aligner of the grid: `pip install weakpair[unioncom]`.

    # unioncom.yaml
    base: demo
    learners: [{name: none}]
    aligners:
      - {name: command, label: unioncom, params: {run: "python docs/adapters/unioncom_aligner.py"}}

`bench run` calls it as `python unioncom_aligner.py align FOLDER`; what it finds and leaves there is
told in docs/learners.md. Parameters that the grid hands over in `params`:

    per_label  match inside each label; false, the default, looks at no label, as published
    epochs     steps of the primal-dual descent (2,000, the package's own number)
    neighbours largest number of neighbours in the graphs that geodesics run over (40)
"""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd


def unioncom() -> Any:
    """The package, whose last version is of 2021.

    numpy has taken `np.int` away since, and matching needs nothing of the two packages that
    UnionCom imports for pictures and for its embedding: empty ones stand in their place.
    """
    if not hasattr(np, "int"):
        setattr(np, "int", int)  # noqa: B010
    for name in ("torchvision", "torchvision.models", "umap"):
        sys.modules.setdefault(name, ModuleType(name))
    sys.modules["torchvision"].models = sys.modules["torchvision.models"]  # type: ignore[attr-defined]
    from unioncom import UnionCom  # type: ignore[import-not-found]

    return UnionCom


def coupling(x1: np.ndarray, x2: np.ndarray, params: dict[str, Any], seed: int) -> np.ndarray:
    """UnionCom's matrix of correspondences of two sets of cells, (n1, n2), none below zero."""
    package = unioncom()
    method = package.UnionCom(
        epoch_pd=int(params.get("epochs", 2000)), manual_seed=seed, log_pd=10**9
    )
    package.init_random_seed(seed)
    method.device = "cpu"
    for x in (x1, x2):
        scaled = (x - x.min()) / (np.ptp(x) or 1.0)
        largest = min(int(params.get("neighbours", 40)), len(x) - 1)
        method.col.append(x.shape[1])
        method.dist.append(np.array(package.geodesic_distances(scaled, largest)))
    (found,) = method.match([x1, x2])
    return np.maximum(np.asarray(found), 0.0)


def align(folder: Path) -> None:
    """Read both modalities' latents, match them, and leave the plan."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    params, seed = request["params"], int(request.get("seed", 0))
    one, two = (pd.read_parquet(folder / f"latents{m}.parquet") for m in (1, 2))
    parts = []
    for label in sorted(set(one["label"])) if params.get("per_label") else [None]:
        rows, columns = (
            np.arange(len(frame)) if label is None else np.flatnonzero(frame["label"] == label)
            for frame in (one, two)
        )
        x1, x2 = (
            frame.drop(columns="label").to_numpy(dtype=np.float64)[chosen]
            for frame, chosen in ((one, rows), (two, columns))
        )
        weights = coupling(x1, x2, params, seed)
        i, j = np.nonzero(weights)
        parts.append(pd.DataFrame({"row": rows[i], "column": columns[j], "weight": weights[i, j]}))
    pd.concat(parts).to_parquet(folder / "plan.parquet", index=False)


if __name__ == "__main__":
    action, where = sys.argv[1:3]
    if action != "align":
        sys.exit(f"unioncom_aligner.py: UnionCom is an aligner, it cannot {action}")
    align(Path(where))
