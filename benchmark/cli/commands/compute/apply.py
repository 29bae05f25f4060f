"""`bench apply`: matched cells, imputed profiles and latents of a person's own data."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmark.cli import completion
from benchmark.cli.options import (
    DataOption,
    DeviceOption,
    GroupOption,
    Preprocess1Option,
    Preprocess2Option,
)
from benchmark.cli.streams import say, shown
from weakpair.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmark.applying.match import Match, Modality
    from benchmark.applying.matching import Methods
    from benchmark.applying.recommended import Recommended
    from benchmark.datasets import DatasetSpec, Pipeline


class Impute(StrEnum):
    """Way to impute profiles; see `benchmark.applying.Match.impute`."""

    partners = "partners"
    network = "network"


def apply(
    data: DataOption = None,
    group: GroupOption = None,
    learner: Annotated[
        str | None,
        typer.Option("--learner", help="Which learner.", autocompletion=completion.learners),
    ] = None,
    aligner: Annotated[
        str | None,
        typer.Option("--aligner", help="Which aligner.", autocompletion=completion.aligners),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Folder of a run: its data, and what comes first there.",
            autocompletion=completion.runs,
        ),
    ] = None,
    best: Annotated[
        str | None,
        typer.Option(
            "--best", help="With --from: matching, imputation or surrogate. Default: matching."
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="A match that was written: what it fitted takes new cells."),
    ] = None,
    modality: Annotated[
        int, typer.Option("--modality", min=1, max=2, help="With --model: that of the new cells.")
    ] = 1,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="With --from: which one, if it has several.")
    ] = None,
    preprocess1: Preprocess1Option = None,
    preprocess2: Preprocess2Option = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Partners of each cell.")] = 5,
    impute: Annotated[
        Impute,
        typer.Option(
            "--impute",
            help="Profiles in the other modality: means over partners, or the benchmark's network.",
        ),
    ] = Impute.partners,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the fit.")] = 0,
    device: DeviceOption = "auto",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A .h5mu file, or a folder of Parquet tables. Required."),
    ] = None,
) -> None:
    """Match all cells by one combination and write what comes of it.

    Learner and aligner are fitted to all cells of both modalities, whose numbers may differ. For
    every cell the file has its latents, its best partners with weights, how decided the plan is
    about it, and the profile in the other modality with its spread over the partners. With --from
    the combination is the one that a run puts first, and its scores are written beside. With
    --model nothing is fitted: --data is an AnnData file of new cells of one modality, which are
    matched with the known cells of the other.

    Examples:
        bench apply --from runs/my_screen --best matching --out matched.h5mu

        bench apply --data my_screen/ --learner lda-bounded --aligner labeled-eot --out matched

        bench apply --data rna.h5ad,adt.h5ad --preprocess1 rna --preprocess2 protein
        --learner ps --aligner labeled-eot --out matched.h5mu

        bench apply --model matched.h5mu --data more.h5ad --group drug --modality 1 --out more.h5mu
    """
    from benchmark.applying.matching import match_dataset
    from benchmark.datasets import load
    from benchmark.runs.run import resolve_device

    if out is None:
        raise ConfigError("give --out, a .h5mu file or a folder that is not there yet")
    if out.exists():
        raise ConfigError(f"--out {out} exists already; remove it or choose another name")
    found = None
    if model is not None:
        beside = {"--from": run, "--best": best, "--dataset": dataset, "--learner": learner}
        beside |= {"--aligner": aligner, "--preprocess1": preprocess1, "--preprocess2": preprocess2}
        _refuse(beside, "--model; what it fitted stays as it is")
        match = _more(model, data, group or "group", 1 if modality == 1 else 2, device)
        _finish(match, out, top, impute)
        return
    if run is not None:
        own = {"--data": data, "--group": group, "--learner": learner, "--aligner": aligner}
        own |= {"--preprocess1": preprocess1, "--preprocess2": preprocess2}
        found = _recommended(run, best, dataset, own)
        spec, methods, pipelines = found.spec, found.methods, found.pipelines
        say(shown(found.reason))
    else:
        for option, value in (("--best", best), ("--dataset", dataset)):
            if value is not None:
                raise ConfigError(f"{option} goes with --from, a run")
        spec, methods, pipelines = _given(data, group, learner, aligner, preprocess1, preprocess2)
    match = match_dataset(load(spec), methods, pipelines, seed=seed, device=resolve_device(device))
    if found is not None:
        match = replace(match, settings={**match.settings, "scores": found.scores})
    _finish(match, out, top, impute)


def _finish(match: "Match", out: Path, top: int, impute: Impute) -> None:
    """Say what was matched, and write it."""
    from benchmark.applying.writing import write_match

    say(shown(repr(match)))
    if not match.plan.converged:
        say("the plan did not converge; read it with care", err=True)
    say(match.by_label().to_string(float_format="{:.2f}".format))
    say(f"wrote {write_match(match, out.expanduser(), top, impute.value)}")


def _more(model: Path, data: str | None, group: str, modality: "Modality", device: str) -> "Match":
    """New cells of one modality, matched by what a match fitted."""
    from benchmark.applying import read_match
    from benchmark.applying.annotated import read_samples
    from benchmark.applying.more import match_more
    from benchmark.runs.run import resolve_device

    if data is None:
        raise ConfigError("give --data, an AnnData file (.h5ad) of new cells")
    known = read_match(model.expanduser(), resolve_device(device))
    return match_more(known, read_samples(Path(data).expanduser(), group), modality)


def _refuse(given: "Mapping[str, object]", beside: str) -> None:
    """Refuse options that were given beside one that leaves them nothing to say."""
    for option, value in given.items():
        if value is not None:
            raise ConfigError(f"{option} does not go with {beside}")


def _recommended(
    run: Path, best: str | None, dataset: str | None, own: dict[str, str | None]
) -> "Recommended":
    from benchmark.applying.recommended import recommended
    from benchmark.runs.folder import RunFolder

    _refuse(own, "--from; the run says it already")
    return recommended(RunFolder(run.expanduser()), best or "matching", dataset)


def _given(
    data: str | None,
    group: str | None,
    learner: str | None,
    aligner: str | None,
    preprocess1: str | None,
    preprocess2: str | None,
) -> "tuple[DatasetSpec, Methods, tuple[Pipeline, Pipeline]]":
    """Data set, methods and preprocessing as the options say."""
    from benchmark.applying.matching import Methods
    from benchmark.datasets import Pipeline, resolve
    from benchmark.grids.own_data import OwnData, own_grid

    if data is None or learner is None or aligner is None:
        raise ConfigError(
            "give --data with --learner and --aligner, or --from RUN; bench choose helps to choose"
        )
    (entry,) = own_grid(OwnData(data, group or "group"))["datasets"]
    pipelines = Pipeline.spelt(preprocess1), Pipeline.spelt(preprocess2)
    return resolve(entry), Methods(learner, aligner), pipelines
