"""Files of a match: MuData, or a folder of Parquet tables."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.applying.match import ImputedBy, Match, Modality, ranks_within
from benchmark.applying.stored import FIT, SETTINGS, UNS, UNS_FIT, packed_fit
from weakpair.errors import ConfigError, ParameterError
from weakpair.files.whole import write_whole

SUFFIX = ".h5mu"


def write_match(match: Match, out: Path, top: int = 5, by: ImputedBy = "partners") -> Path:
    """Write a match; a name that ends in .h5mu is MuData, any other a folder of Parquet tables.

    Args:
        match: what is written.
        out: a file or folder that is not there yet.
        top: partners of each cell.
        by: how profiles are imputed, see `Match.impute`.

    Raises:
        ParameterError: it is there.
        ConfigError: a package that the format needs is not installed.
    """
    if out.exists():
        raise ParameterError(f"{out} exists already; remove it or choose another name")
    out.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(out) as temporary:
        if out.suffix == SUFFIX:
            _write_mudata(match, temporary, top, by)
        else:
            temporary.mkdir()
            _write_tables(match, temporary, top, by)
    return out


def _write_tables(match: Match, folder: Path, top: int, by: ImputedBy) -> None:
    """Tables features, latents, cells, partners of either modality, imputed profiles, spread."""
    modalities: tuple[Modality, Modality] = (1, 2)
    for m in modalities:
        side, imputed = match.side(m), match.impute(m, by, seed=_seed(match))
        columns = [f"z{number}" for number in range(side.latents.shape[1])]
        index = pd.Index(side.ids, name="cell")
        latents = pd.DataFrame(side.latents, index=index, columns=columns)
        latents.to_parquet(folder / f"latents{m}.parquet")
        features = pd.DataFrame(side.x, index=index, columns=list(side.features))
        features.to_parquet(folder / f"features{m}.parquet")
        match.confidence(m).to_parquet(folder / f"cells{m}.parquet")
        match.partners(m, top).to_parquet(folder / f"partners{m}.parquet")
        imputed.mean.to_parquet(folder / f"imputed{m}.parquet")
        imputed.spread.to_parquet(folder / f"imputed{m}_spread.parquet")
    match.by_label().reset_index().to_parquet(folder / "perturbations.parquet")
    fit, settings = _packed(match, by)
    if fit:
        (folder / FIT).write_bytes(fit)
    text = json.dumps(settings, indent=2, ensure_ascii=False, default=str)
    (folder / SETTINGS).write_text(text + "\n", encoding="utf-8")


def _write_mudata(match: Match, file: Path, top: int, by: ImputedBy) -> None:
    whole = to_mudata(match, top, by)
    import mudata

    # Columns of the modalities stay there; mudata warns unless it is told so.
    with mudata.set_options(pull_on_update=False):
        whole.write(file)


def to_mudata(match: Match, top: int = 5, by: ImputedBy = "partners") -> Any:
    """A MuData: one AnnData per modality.

    `X` has the preprocessed features; `obs` label, partners and confidence; `obsm` the latents
    (`X_weakpair`), the imputed profile of the other modality and its spread (`imputed`,
    `imputed_spread`), the rows of the best partners there, -1 for none (`partners`), and their
    shares (`partner_weights`). `uns["weakpair"]` holds the settings as JSON, `uns["weakpair_fit"]`
    the fitted methods (see `benchmark.applying.stored`).

    Raises:
        ConfigError: mudata is not installed.
    """
    try:
        import anndata
        import mudata
    except ImportError as error:
        raise ConfigError(
            f"{SUFFIX} needs {error.name}; install it with: pip install weakpair[scverse]"
        ) from error
    modalities: tuple[Modality, Modality] = (1, 2)
    parts = {}
    for m in modalities:
        side = match.side(m)
        other: Modality = 2 if m == 1 else 1
        imputed = match.impute(other, by, seed=_seed(match))
        places, weights = _square(match, m, top)
        # AnnData wants indices that are text.
        obs = match.confidence(m)
        obs.index = obs.index.astype(str)
        parts[side.name] = anndata.AnnData(
            X=side.x,
            obs=obs,
            var=pd.DataFrame(index=pd.Index(side.features).astype(str)),
            obsm={
                "X_weakpair": side.latents,
                "partners": places,
                "partner_weights": weights,
                "imputed": _columns(imputed.mean, obs.index),
                "imputed_spread": _columns(imputed.spread, obs.index),
            },
        )
    with mudata.set_options(pull_on_update=False):
        whole = mudata.MuData(parts)
    fit, settings = _packed(match, by)
    if fit:
        whole.uns[UNS_FIT] = np.frombuffer(fit, dtype=np.uint8)
    whole.uns[UNS] = json.dumps(settings, ensure_ascii=False, default=str)
    return whole


def _columns(frame: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """A table of `obsm`; HDF5 would make folders of names with slashes, which become bars."""
    return frame.set_axis(index).rename(columns=lambda name: str(name).replace("/", "|"))


def _packed(match: Match, by: ImputedBy) -> tuple[bytes, dict[str, Any]]:
    """Bytes of the fit, and the settings with the way that profiles are imputed."""
    fit, settings = packed_fit(match)
    return fit, {**settings, "imputed_by": by}


def _seed(match: Match) -> int:
    """Seed of what is trained on a match: that of its fit."""
    return int(match.settings.get("seed", 0))


def _square(match: Match, m: Modality, top: int) -> tuple[Any, Any]:
    """Places of partners, shape (n, top), -1 where there are fewer, and their shares."""
    rows, places, shares = match.places(m, top)
    ranks = ranks_within(rows) - 1
    n = len(match.side(m).ids)
    where, weights = np.full((n, top), -1, dtype=np.int64), np.zeros((n, top))
    where[rows, ranks], weights[rows, ranks] = places, shares
    return where, weights
