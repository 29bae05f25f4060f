"""A program for tests: maps cells by distances to label means, and couples by nearness."""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def cells(path: Path) -> tuple[np.ndarray, list[str]]:
    table = pq.read_table(path)
    labels = table.column("label").to_pylist() if "label" in table.column_names else []
    names = [name for name in table.column_names if name != "label"]
    return np.stack([table.column(name).to_numpy() for name in names], axis=1), labels


def main(action: str, folder: Path) -> None:
    request = json.loads((folder / "request.json").read_text())
    assert request["action"] == action
    if action == "fit":
        for modality in (1, 2):
            x, labels = cells(folder / f"modality{modality}.parquet")
            means = [x[np.array(labels) == label].mean(axis=0) for label in request["labels"]]
            np.save(folder / "model" / f"{modality}.npy", np.stack(means))
    elif action == "transform":
        x, _ = cells(folder / "cells.parquet")
        means = np.load(folder / "model" / f"{request['modality']}.npy")
        z = -np.linalg.norm(x[:, None] - means, axis=2) * request["params"].get("scale", 1)
        pq.write_table(
            pa.table({f"z{j}": z[:, j] for j in range(z.shape[1])}), folder / "latents.parquet"
        )
    else:
        (x, one), (y, two) = (cells(folder / f"latents{m}.parquet") for m in (1, 2))
        cost = np.square(x[:, None] - y).sum(axis=2)
        near = np.exp(-20 * cost / cost.max())
        near *= np.array(one)[:, None] == np.array(two)
        rows, columns = np.nonzero(near)
        found = {"row": rows, "column": columns, "weight": near[rows, columns]}
        pq.write_table(pa.table(found), folder / "plan.parquet")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
