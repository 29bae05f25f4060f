"""Specs of data sets, as a grid or the command line gives them."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from benchmark.datasets.preprocessing.pipeline import parse_steps
from benchmark.datasets.preprocessing.steps import Step
from benchmark.datasets.reading.pairing import Pairing
from benchmark.datasets.simulated import parameters
from weakpair.specs import Frozen

Kind = Literal["auto", "folder", "npz", "h5ad", "h5mu", "embeddings", "digits", "simulation"]
Steps = Annotated[tuple[SerializeAsAny[Step], ...], BeforeValidator(parse_steps)]


class ModalitySpec(Frozen):
    """Place of one modality's features, and the steps done to them before any learner.

    Attributes:
        file: name of the table or array inside a folder, if it is not `modality1.*` or
            `modality2.*`.
        key: name of the modality in an `.h5mu` file, or of the feature array in an `.npz` file.
        layer: AnnData layer to read instead of `X`.
        obsm: AnnData `obsm` array to read instead of `X`, e.g. "X_pca".
        feature_type: in one AnnData file of both modalities, the value of `var["feature_types"]`
            that the features of this one have, e.g. "Antibody Capture".
        name: what tables call the modality, e.g. "RNA"; None: what the file calls it.
        preprocess: steps in order, each fitted on training rows only: "log1p", "hvg(n=500)" or
            {"name": "hvg", "n": 500}.
    """

    kind_of_spec: ClassVar[str] = "modality"
    file: str | None = None
    key: str | None = None
    layer: str | None = None
    obsm: str | None = None
    feature_type: str | None = None
    name: str | None = Field(default=None, min_length=1)
    preprocess: Steps = ()


class DatasetSpec(Frozen):
    """A data set: which files, which columns, which cells.

    Attributes:
        name: how tables call it.
        path: folder or file; two AnnData files are "rna.h5ad,protein.h5ad". None: by its name.
        kind: the form of the files; "auto" looks into them. "h5ad" and "h5mu" stand for zarr
            stores of the same content too; "embeddings" is a folder of two arrays and a table of
            labels, row by row.
        group: the column of the perturbation labels.
        modality1: features of modality 1.
        modality2: features of modality 2.
        downstream: column of a further label that the probe predicts, if there is one.
        batch: column of the batch, if there is one.
        pairing: "ids": equal ids are one cell; "rows": row i of both modalities is one cell;
            "none": the data are not paired; "auto": by ids, unless they are mere row numbers.
        groups: perturbations to keep; None keeps all.
        min_cells: perturbations with fewer cells in either modality are left out.
        subsample: at most that many cells per perturbation and modality, true pairs first.
        subsample_seed: which cells these are.
        simulation: parameters of a simulated data set (`simulate.Parameters`); it has no path.
        seed: what a simulated data set is drawn from.
    """

    kind_of_spec: ClassVar[str] = "data set"
    renamed: ClassVar[Mapping[str, str]] = {"task": "downstream"}
    name: str = Field(min_length=1)
    path: str | None = None
    kind: Kind = "auto"
    group: str = Field(default="group", min_length=1)
    modality1: ModalitySpec = ModalitySpec()
    modality2: ModalitySpec = ModalitySpec()
    downstream: str | None = None
    batch: str | None = None
    pairing: Pairing = "auto"
    groups: tuple[str, ...] | None = None
    min_cells: int = Field(default=0, ge=0)
    subsample: int | None = Field(default=None, ge=1)
    subsample_seed: int = 0
    simulation: dict[str, Any] | None = None
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _simulated(self) -> Self:
        if self.simulation is not None:
            if self.path is not None or self.kind not in ("auto", "simulation"):
                raise ValueError("a simulation has no path and no other kind than 'simulation'")
            parameters(self.simulation)
        elif self.kind != "simulation" and self.seed:
            raise ValueError("seed is what a simulation is drawn from; give it one, or leave it")
        return self
