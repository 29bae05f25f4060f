"""From two AnnData to matched cells, and from files to both."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from weakpair.face.given import NAMES

if TYPE_CHECKING:
    from benchmark.applying import Match


def match(
    first: Any,
    second: Any,
    *,
    group: str,
    learner: str = "auto",
    aligner: str = "labeled-eot",
    learner_params: dict[str, Any] | None = None,
    aligner_params: dict[str, Any] | None = None,
    preprocess1: str = "",
    preprocess2: str = "",
    names: tuple[str, str] = NAMES,
    seed: int = 0,
    device: str = "auto",
) -> "Match":
    """Match the cells of two AnnData of one perturbation screen.

    Args:
        first: AnnData of modality 1, cells in rows; `X` is read.
        second: AnnData of modality 2; its cells may be others, and as many as they like.
        group: column of both `obs` with the perturbation of each cell.
        learner: as `bench list learners` names them; "auto" chooses by labels that it hides.
        aligner: as `bench list aligners` names them.
        learner_params: what differs from its defaults.
        aligner_params: likewise.
        preprocess1: steps or a preset, e.g. "rna" or "normalize-total,log1p,hvg(n=500)".
        preprocess2: likewise.
        names: of the modalities.
        seed: of the fit.
        device: auto, cpu or cuda.

    Returns:
        A match: `.one.latents`, `.partners()`, `.confidence()`, `.impute(1).mean`, `.plot()`,
        `.to_anndata(1)`, `.to_mudata()`, `.write("matched.h5mu")`.

    Raises:
        InputError: data, names or parameters that cannot be used, in one line.
    """
    from benchmark.applying import Methods, match_dataset
    from benchmark.applying.annotated import samples_of
    from benchmark.datasets import Pipeline, make_dataset
    from benchmark.runs.run import resolve_device

    one, two = samples_of(first, group, "first"), samples_of(second, group, "second")
    # No pair is used: ids mean nothing here.
    dataset = make_dataset("match", one, two, pairing="none", names=names)
    pipelines = Pipeline.spelt(preprocess1), Pipeline.spelt(preprocess2)
    methods = Methods(learner, aligner, learner_params or {}, aligner_params or {})
    return match_dataset(dataset, methods, pipelines, seed=seed, device=resolve_device(device))


def read(path: Path | str, device: str = "auto") -> "Match":
    """Read a match that `.write` or `bench apply` wrote; nothing is fitted.

    Args:
        path: the .h5mu file, or the folder.
        device: where to compute: auto, cpu or cuda.

    Raises:
        InputError: it is no match, in one line.
    """
    from benchmark.applying import read_match
    from benchmark.runs.run import resolve_device

    return read_match(Path(path).expanduser(), resolve_device(device))
