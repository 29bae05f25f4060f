"""Prediction of one modality from the other, trained through a transport plan."""

from benchmark.imputation.imputer import Imputer
from benchmark.imputation.spec import ImputerSpec

__all__ = ["Imputer", "ImputerSpec"]
