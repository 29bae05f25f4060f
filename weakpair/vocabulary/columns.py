"""Columns of a run's results: one row per cell of the grid, task and metric."""

from collections.abc import Mapping
from math import nan
from typing import Any, Literal

Kind = Literal["text", "whole", "number", "flag"]

RATIO = "test_to_train"
"""The column of test / training rows of modality 1 of the fold, which tests across folds need."""

CELL = (
    "dataset",
    "variant",
    "split",
    "training_cells",
    "replicate",
    "fold",
    "learner",
    "aligner",
)
"""The columns that name a cell of the grid."""

KEY = (*CELL, "task", "target", "seed")
"""The columns that name a row of scores: one number per metric."""

REQUIRED = (*CELL, "role", "task", "metric", "value", "higher_is_better", "converged", "score_key")
"""The columns without which results make no table."""

OPTIONAL: Mapping[str, Any] = {
    "data": "",
    "settings": "",
    "protocol": "",
    "pairs": -1,
    "cells1": -1,
    "cells2": -1,
    "pairing": "",
    "modality1": "",
    "modality2": "",
    "target": 0,
    "seed": 0,
    "preprocess": "",
    "suspect": "",
    "note": "",
    RATIO: nan,
}
"""Columns that a run may not have yet, with the value that stands for "not known".

`data` is a digest of the data set's content, `settings` one of everything else that a row of a
table has in common, `protocol` one of what all rows of a table have in common. `pairs` of `cells1`
and `cells2` cells are true pairs, known by `pairing` (ids, rows, none, simulated). `modality1` and
`modality2` are names; `target` is the modality that was imputed (1, 2, 0 where none was). `seed` is
that of the learner's fit: a fold may have several.
`suspect` says why a fit is not to be trusted, `note` why a score is not defined.
"""

PLACE = ("dataset", "variant", "split", "training_cells", "task", "target")
"""The columns that name a section of a table."""

ONE_MEANING: Mapping[str, tuple[str, ...]] = {
    "data": ("dataset", "variant", "replicate"),
    "protocol": PLACE,
    "settings": (*PLACE, "learner", "aligner"),
}
"""Digest → the names that must not stand for two of it."""

_POINT: Mapping[str, Kind] = {
    "dataset": "text",
    "variant": "text",
    "replicate": "whole",
    "split": "text",
    "training_cells": "text",
    "fold": "text",
    "learner": "text",
    "aligner": "text",
    "role": "text",
    "task": "text",
}
_ABOUT: Mapping[str, Kind] = {
    "target": "whole",
    "settings": "text",
    "protocol": "text",
    "data": "text",
    "pairs": "whole",
    "cells1": "whole",
    "cells2": "whole",
    "pairing": "text",
    "modality1": "text",
    "modality2": "text",
    "preprocess": "text",
}
KEYS: Mapping[str, Kind] = {
    "fit_key": "text",
    "align_key": "text",
    "impute_key": "text",
    "score_key": "text",
}
RESULTS: Mapping[str, Kind] = {
    **_POINT,
    "metric": "text",
    "value": "number",
    "higher_is_better": "flag",
    "note": "text",
    "converged": "flag",
    "seed": "whole",
    "suspect": "text",
    RATIO: "number",
    **_ABOUT,
    **KEYS,
}
"""Column → kind of its values, in the order of a run's results.parquet."""

GAPS: Mapping[str, Kind] = {
    **_POINT,
    "seed": "whole",
    "status": "text",
    "error": "text",
    **_ABOUT,
    **KEYS,
}
"""Column → kind of its values, in the order of a run's table of cells without scores."""

BY_LABEL: Mapping[str, Kind] = {
    "score_key": "text",
    "label": "text",
    "cells": "whole",
    "metric": "text",
    "value": "number",
    "higher_is_better": "flag",
    "note": "text",
}
"""Column → kind of its values, in the order of a run's table of scores by label.

`cells` true cells of the label were scored; results name the point that a `score_key` is of.
"""
