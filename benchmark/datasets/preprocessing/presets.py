"""Preprocessing by a word: what the field usually does to a kind of counts."""

from dataclasses import dataclass

AUTO = "auto"


@dataclass(frozen=True)
class Preset:
    """Steps under one name; all end on comparable scales, none can fail on the size of the data."""

    about: str
    steps: tuple[str, ...]


PRESETS: dict[str, Preset] = {
    "rna": Preset(
        "counts of RNA: depth, logarithm, 2,000 variable genes, one scale",
        ("normalize-total", "log1p", "hvg(n=2000)", "zscore"),
    ),
    "atac": Preset(
        "counts of open chromatin: TF-IDF and its 50 leading components (LSI), one scale",
        ("tfidf", "lsi(n=50)", "zscore"),
    ),
    "protein": Preset(
        "counts of surface proteins or another small panel: log-ratios in a cell, one scale",
        ("clr", "zscore"),
    ),
    "none": Preset("the values as they are", ()),
}
"""By name, the steps as `parse_steps` reads them."""
