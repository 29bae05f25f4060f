"""Data sets: specs, loaders, preprocessing, and the real set that ships in the package."""

from benchmark.datasets.base import Dataset, Samples
from benchmark.datasets.catalog import available, data_folder, load, load_as, resolve, source_digest
from benchmark.datasets.preprocessing.pipeline import (
    FittedPipeline,
    Pipeline,
    parse_step,
    parse_steps,
)
from benchmark.datasets.reading.build import make_dataset, make_samples
from benchmark.datasets.spec import DatasetSpec, ModalitySpec

__all__ = [
    "Dataset",
    "DatasetSpec",
    "FittedPipeline",
    "ModalitySpec",
    "Pipeline",
    "Samples",
    "available",
    "data_folder",
    "load",
    "load_as",
    "make_dataset",
    "make_samples",
    "parse_step",
    "parse_steps",
    "resolve",
    "source_digest",
]
