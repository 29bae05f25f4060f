"""Files of the images: a folder that `bench run --data` reads, with a contact sheet."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from simulate.balls.scene import VERSION, Balls, Pixels
from weakpair.errors import ParameterError
from weakpair.files.whole import write_whole

SHOWN = 10
"""Pairs on a contact sheet."""


def write_balls(balls: Balls, out: Path | str) -> Path:
    """Write both views as Parquet rows of pixels (uint8), labels, positions and a contact sheet.

    `modality1` and `modality2` have a column per pixel and channel, p-ROW-COLUMN-CHANNEL; `obs` the
    intervention (`group`), `truth` the positions, `balls.json` parameters, seed and the shape of an
    image, `sheet.png` ten pairs.

    Raises:
        ParameterError: the folder exists.
    """
    folder = Path(out)
    if folder.exists():
        raise ParameterError(f"{folder} exists already; remove it or choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(folder) as temporary:
        temporary.mkdir()
        index = pd.Index(balls.ids, name="scene")
        for number, view in ((1, balls.view1), (2, balls.view2)):
            pixels = view.reshape(len(view), -1)
            frame = pd.DataFrame(pixels, index=index, columns=pixel_names(view.shape[1:]))
            frame.to_parquet(temporary / f"modality{number}.parquet")
        obs = pd.DataFrame({"group": balls.labels}, index=index)
        obs.to_parquet(temporary / "obs.parquet")
        truth = pd.DataFrame(balls.latents, index=index, columns=["x1", "y1", "x2", "y2"])
        truth.to_parquet(temporary / "truth.parquet")
        text = json.dumps(
            {
                "parameters": asdict(balls.parameters),
                "seed": balls.seed,
                "shape": balls.view1.shape[1:],
                "version": VERSION,
            },
            indent=2,
        )
        (temporary / "balls.json").write_text(text + "\n", encoding="utf-8")
        _write_sheet(balls, temporary / "sheet.png")
    return folder


def pixel_names(shape: tuple[int, ...]) -> list[str]:
    """Names of the numbers of an image, row by row.

    >>> pixel_names((2, 1, 2))
    ['p-0-0-0', 'p-0-0-1', 'p-1-0-0', 'p-1-0-1']
    """
    rows, columns, channels = shape
    return [f"p-{i}-{j}-{c}" for i in range(rows) for j in range(columns) for c in range(channels)]


def contact_sheet(balls: Balls, count: int = SHOWN) -> Pixels:
    """The first scenes side by side, view 1 above view 2."""
    rows = [np.concatenate(list(view[:count]), axis=1) for view in (balls.view1, balls.view2)]
    return np.concatenate(rows, axis=0)


def _write_sheet(balls: Balls, path: Path) -> None:
    from matplotlib.image import imsave

    imsave(path, contact_sheet(balls))
