"""The aligners: each turns two sets of latents into a transport plan.

>>> from aligners import get
>>> get("labeled-eot", epsilon=0.01)
LabeledEOT(epsilon=0.01)
"""

from typing import TYPE_CHECKING, Any

from weakpair.registry import Entry, Registry

if TYPE_CHECKING:
    from aligners.base import Aligner
    from aligners.plan.plan import Block, Plan, Status

__part_of__ = "weakpair"
__all__ = ["REGISTRY", "Aligner", "Block", "Plan", "Status", "get", "names"]

_PERTURB_OT = "Ryu et al., Cross-modality matching and prediction of perturbation responses, 2024"
_PS = "Xi et al., Propensity score alignment of unpaired multimodal data, 2024"

REGISTRY: "Registry[Aligner]" = Registry(
    "aligner",
    "weakpair.aligners",
    (
        Entry(
            "eot",
            "aligners.linear:EOT",
            "entropic optimal transport on squared distances, without labels",
            paper="Cuturi, Sinkhorn distances, NeurIPS 2013",
            needs_labels=False,
        ),
        Entry(
            "labeled-eot",
            "aligners.linear:LabeledEOT",
            "entropic optimal transport inside each label's block",
            paper=_PERTURB_OT,
        ),
        Entry(
            "egwot",
            "aligners.gromov:EGWOT",
            "entropic Gromov–Wasserstein on squared distances within each modality",
            paper="Peyré, Cuturi & Solomon, Gromov–Wasserstein averaging, ICML 2016",
            needs_labels=False,
        ),
        Entry(
            "labeled-egwot",
            "aligners.gromov:LabeledEGWOT",
            "entropic Gromov–Wasserstein with the plan restricted to label blocks",
            paper=_PERTURB_OT,
        ),
        Entry(
            "per-label-egwot",
            "aligners.per_label:PerLabelEGWOT",
            "entropic Gromov–Wasserstein inside each label on its own",
            paper=_PERTURB_OT,
        ),
        Entry(
            "coot",
            "aligners.coot:COOT",
            "entropic co-optimal transport: a plan of the cells and one of the features",
            paper="Redko et al., CO-optimal transport, NeurIPS 2020",
            needs_labels=False,
        ),
        Entry(
            "labeled-coot",
            "aligners.coot:LabeledCOOT",
            "entropic co-optimal transport: a plan per label and one of the features",
            paper="Redko et al., CO-optimal transport, NeurIPS 2020; " + _PERTURB_OT,
        ),
        Entry(
            "fused-labeled-egwot",
            "aligners.gromov:LabeledEGWOT",
            "labeled-egwot with half of the cost from squared distances across modalities",
            paper="Vayer et al., Optimal transport for structured data, ICML 2019",
            fixed=(("alpha", 0.5),),
        ),
        Entry(
            "fused-egwot",
            "aligners.gromov:EGWOT",
            "egwot with half of the cost from squared distances across modalities",
            paper="Vayer et al., Optimal transport for structured data, ICML 2019",
            needs_labels=False,
            fixed=(("alpha", 0.5),),
        ),
        Entry(
            "snn",
            "aligners.neighbours:SNN",
            "shared nearest neighbours (Jaccard), inside each label",
            paper=_PS,
        ),
        Entry(
            "snn-propensity",
            "aligners.neighbours:SNN",
            "snn of neighbours in either modality, by angle, as the propensity scores' authors do",
            paper=_PS,
            fixed=(("form", "propensity"), ("k", 1)),
        ),
        Entry(
            "exact-ot",
            "aligners.exact:ExactOT",
            "unregularised optimal transport inside each label's block",
            paper="Kantorovich 1942; network simplex of Bonneel et al., 2011",
        ),
        Entry(
            "scot",
            "aligners.neighbours:SCOT",
            "entropic Gromov–Wasserstein on geodesics of nearest-neighbour graphs",
            paper="Demetci et al., SCOT, Journal of Computational Biology 2022",
            needs_labels=False,
        ),
        Entry(
            "per-label-scot",
            "aligners.per_label:PerLabelSCOT",
            "scot inside each label on its own",
            paper="Demetci et al., SCOT, 2022; inside labels: " + _PS,
        ),
        Entry(
            "scot-v2",
            "aligners.blockwise.quadratic:SCOTv2",
            "unbalanced Gromov–Wasserstein on geodesics",
            paper="Demetci et al., SCOTv2, Journal of Computational Biology 2022",
            needs_labels=False,
        ),
        Entry(
            "labeled-unbalanced",
            "aligners.blockwise.unbalanced:LabeledUnbalanced",
            "labeled-eot in which cells may get less mass where nothing fits them",
            paper="Chizat et al., Scaling algorithms for unbalanced optimal transport, 2018",
        ),
        Entry(
            "labeled-partial",
            "aligners.blockwise.unbalanced:LabeledPartial",
            "labeled-eot of a share of the mass; the rest has no partner",
            paper="Benamou et al., Iterative Bregman projections, 2015",
        ),
        Entry(
            "labeled-fugw",
            "aligners.blockwise.quadratic:LabeledFUGW",
            "fused unbalanced Gromov–Wasserstein inside each label",
            paper="Thual et al., Fused unbalanced Gromov-Wasserstein, NeurIPS 2022",
        ),
        Entry(
            "labeled-ucoot",
            "aligners.blockwise.quadratic:LabeledUCOOT",
            "unbalanced co-optimal transport inside each label, a feature plan for each",
            paper="Tran et al., Unbalanced CO-optimal transport, AAAI 2023",
        ),
        Entry(
            "hungarian",
            "aligners.blockwise.assignment:Hungarian",
            "one partner of the same label for each cell, by the least sum of squared distances",
            paper="Kuhn 1955; Crouse, IEEE TAES 2016",
        ),
        Entry(
            "bsp",
            "aligners.blockwise.bijections:BSP",
            "one partner for each cell, by merging random matchings, in linear memory",
            paper="Genest et al., BSP-OT, ACM Transactions on Graphics 2025",
        ),
        Entry(
            "hiref",
            "aligners.blockwise.bijections:HiRef",
            "one partner for each cell, by low-rank transport of halves, in linear memory",
            paper="Halmos et al., Hierarchical Refinement, ICML 2025",
        ),
        Entry(
            "lowrank-ot",
            "aligners.blockwise.anchors:LowRankOT",
            "optimal transport inside each label through few anchors",
            paper="Scetbon, Cuturi & Peyré, Low-rank Sinkhorn factorization, ICML 2021",
        ),
        Entry(
            "mutual-nn",
            "aligners.blockwise.assignment:MutualNeighbours",
            "mutual nearest neighbours inside each label",
            paper="Haghverdi et al., Nature Biotechnology 2018",
        ),
        Entry(
            "gaussian-map",
            "aligners.blockwise.gaussian:GaussianMap",
            "entropic transport between each label's Gaussians, in closed form",
            paper="Janati et al., Entropic OT between Gaussians has a closed form, NeurIPS 2020",
            role="baseline",
        ),
        Entry(
            "linear-gw",
            "aligners.blockwise.gaussian:LinearGW",
            "Gromov–Wasserstein between each label's Gaussians, in closed form",
            paper="Salmona, Delon & Desolneux, Gromov-Wasserstein between Gaussians, 2022",
            role="baseline",
        ),
        Entry(
            "command",
            "aligners.command:CommandAligner",
            "a program of your own that reads and writes Parquet; run= is its command line",
            needs_labels=False,
        ),
        Entry(
            "uniform",
            "aligners.controls:Uniform",
            "every pair alike",
            role="control",
            needs_labels=False,
            uses_latents=False,
        ),
        Entry(
            "label-uniform",
            "aligners.controls:LabelUniform",
            "every pair of the same label alike",
            role="control",
            uses_latents=False,
        ),
        Entry(
            "random-permutation",
            "aligners.controls:RandomPermutation",
            "a random partner of the same label for each cell",
            role="control",
            uses_latents=False,
        ),
        Entry(
            "oracle",
            "aligners.controls:Oracle",
            "the true pairs",
            role="oracle",
            needs_pairing=True,
            uses_latents=False,
        ),
    ),
    base="aligners.base:Aligner",
)


def get(name: str, **params: Any) -> "Aligner":
    """Build the aligner registered under `name`.

    Raises:
        UnknownNameError: no aligner of that name.
        ParameterError: a parameter it does not know.
    """
    return REGISTRY.get(name, **params)


def names() -> list[str]:
    """The short names of all aligners."""
    return REGISTRY.names()


def __getattr__(name: str) -> Any:
    """Import `Aligner`, `Plan`, `Block` and `Status` when first asked for: they need torch."""
    from importlib import import_module

    home = {"Aligner": "base", "Plan": "plan.plan", "Block": "plan.block", "Status": "plan.status"}
    if name not in home:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"aligners.{home[name]}"), name)
