"""Matches as files keep them, and as they are read again: fits too, without pickle."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import aligners
from benchmark.applying.match import Match, Side
from benchmark.applying.more import Fit
from benchmark.datasets.loaders.packages import optional
from weakpair.errors import ConfigError, DataError, ParameterError
from weakpair.files.objects import pack, put_together, take_apart, unpack

SETTINGS, FIT = "settings.json", "fit.parquet"
UNS, UNS_FIT = "weakpair", "weakpair_fit"
_NO_FIT = "fit_not_written"


def packed_fit(match: Match) -> tuple[bytes, Mapping[str, Any]]:
    """Bytes of the fit of a match, and its settings; where there are none, these say why."""
    if match.fit is None:
        return b"", match.settings
    content = (match.fit.learner, match.fit.pipelines, match.fit.features)
    try:
        return pack(take_apart(content)), match.settings
    except ParameterError as error:
        return b"", {**match.settings, _NO_FIT: str(error)}


def read_match(path: Path, device: str = "cpu") -> Match:
    """Read a match that `write_match` wrote; nothing is fitted.

    The plan is aligned again from the latents: files keep the best partners alone. A fit that could
    be written is there again, so that `Match.more` takes new cells.

    Args:
        path: a .h5mu file or a folder.
        device: where to compute, "cpu" or "cuda".

    Raises:
        ConfigError: the match is one of a method that runs programs.
        DataError: it is no match, a damaged one, or a package that the format needs is missing.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    try:
        settings, sides, content = (_folder if path.is_dir() else _mudata)(path)
        spec = settings["aligner"]
        aligner = _aligner(spec["name"], spec["params"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no match ({type(error).__name__}: {error})") from error
    one, two = sides
    plan = aligner.align(one.latents, one.labels, two.latents, two.labels, device=device)
    match = Match(one, two, plan, settings)
    if not content:
        return match
    learner, pipelines, features = put_together(unpack(content))
    return replace(match, fit=Fit(learner, aligner, pipelines, features, device))


def _aligner(name: str, params: Mapping[str, Any]) -> Any:
    if name == "command":
        raise ConfigError("a match of aligner 'command' is not read: files start no program")
    return aligners.get(name, **params)


def _folder(path: Path) -> tuple[dict[str, Any], tuple[Side, Side], bytes]:
    settings = json.loads((path / SETTINGS).read_text(encoding="utf-8"))
    sides = []
    for m, name in enumerate(settings["modalities"], 1):
        x = pd.read_parquet(path / f"features{m}.parquet")
        cells = pd.read_parquet(path / f"cells{m}.parquet")
        latents = pd.read_parquet(path / f"latents{m}.parquet").to_numpy(dtype=np.float32)
        sides.append(_side(name, cells, x.to_numpy(), x.columns, latents))
    fit = path / FIT
    return settings, (sides[0], sides[1]), fit.read_bytes() if fit.exists() else b""


def _mudata(path: Path) -> tuple[dict[str, Any], tuple[Side, Side], bytes]:
    mudata = optional("mudata")
    with mudata.set_options(pull_on_update=False):
        whole = mudata.read_h5mu(path)
    settings = json.loads(str(whole.uns[UNS]))
    sides = []
    for name in settings["modalities"]:
        part = whole.mod[name]
        latents = np.asarray(part.obsm["X_weakpair"], dtype=np.float32)
        sides.append(_side(name, part.obs, np.asarray(part.X), part.var_names, latents))
    fit = whole.uns.get(UNS_FIT)
    return settings, (sides[0], sides[1]), b"" if fit is None else np.asarray(fit).tobytes()


def _side(name: str, cells: pd.DataFrame, x: Any, features: Any, latents: Any) -> Side:
    ids, labels = cells.index.to_numpy().astype(str), cells["label"].to_numpy().astype(str)
    names = tuple(map(str, features))
    # Tables hold columns; sums take the same order in rows as when the match was made.
    z, values = (np.ascontiguousarray(a, dtype=np.float32) for a in (latents, x))
    return Side(str(name), ids, labels, values, names, z)
