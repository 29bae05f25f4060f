"""The learners: each maps both modalities into latent spaces.

>>> from learners import get
>>> get("lda", n_components=5)
LDA(n_components=5)
"""

from typing import TYPE_CHECKING, Any

from weakpair.registry import Entry, Registry

if TYPE_CHECKING:
    from learners.base import FitReport, Learner

__part_of__ = "weakpair"
__all__ = ["REGISTRY", "FitReport", "Learner", "get", "names"]

_GROOVE = "Gorla et al., Group contrastive learning for weakly paired multimodal data, 2026"
_PS = "Xi et al., Propensity score alignment of unpaired multimodal data, 2024"
_IPIC = "Ji et al., Unpaired multimodal learning for biological datasets, 2026"
_PERTURB_OT = "Ryu et al., Cross-modality matching and prediction of perturbation responses, 2024"

_SIMPLE: "tuple[Entry[Learner], ...]" = (
    Entry(
        "pca",
        "learners.linear.pca:PCA",
        "principal components of each modality",
        paper="Pearson 1901",
        role="baseline",
        needs_labels=False,
    ),
    Entry(
        "lda",
        "learners.linear.lda:LDA",
        "linear discriminant score of each label, computed on principal components",
        paper="Fisher 1936; Rao 1948",
        role="baseline",
    ),
    Entry(
        "lda-bounded",
        "learners.linear.lda:BoundedLDA",
        "linear discriminant scores that saturate, so that no cell lies far from all others",
        paper="Fisher 1936; Rao 1948",
        role="baseline",
    ),
    Entry(
        "em-cca",
        "learners.linear.pairing.em_cca:EMCCA",
        "probabilistic CCA inside labels, its pairing found by EM; lda-bounded without evidence",
        paper="Bach & Jordan 2005, with the pairing latent",
        role="baseline",
    ),
    Entry(
        "coot-map",
        "learners.linear.coot_map:COOTMap",
        "features brought together by the feature plan of labeled-coot on the training cells",
        paper="Redko et al., NeurIPS 2020; Ryu et al. 2024",
        role="baseline",
    ),
    Entry(
        "qda",
        "learners.posteriors.qda:QDA",
        "label posteriors of Gaussians with covariances of their own",
        paper="Xi et al. 2024, another back end of propensity scores",
        role="baseline",
    ),
    Entry(
        "forest",
        "learners.posteriors.forest:ForestPosteriors",
        "label posteriors of a random forest",
        paper="Duque et al., MALI, 2022; Xi et al. 2024",
        role="baseline",
    ),
    Entry(
        "dama",
        "learners.linear.manifold:DAMA",
        "linear manifold alignment: labels meet, neighbourhoods stay",
        paper="Wang & Mahadevan, Heterogeneous domain adaptation, IJCAI 2011",
    ),
    Entry(
        "kema",
        "learners.linear.manifold:KEMA",
        "dama in the feature space of a Gaussian kernel",
        paper="Tuia & Camps-Valls, Kernel manifold alignment, PLOS ONE 2016",
    ),
    Entry(
        "ddm",
        "learners.linear.distributions.ddm:DDM",
        "a map each way that matches the distributions of all labels at once",
        paper="Shrestha & Fu, Diversified distribution matching, ICLR 2024",
    ),
    Entry(
        "isca",
        "learners.linear.distributions.isca:ISCA",
        "white projections whose distributions agree under every label",
        paper="Timilsina et al., Shared component analysis of unpaired mixtures, NeurIPS 2024",
    ),
    Entry(
        "mmd-ma",
        "learners.linear.distributions.mmd_ma:MMDMA",
        "maps into one space by the mean discrepancy of every label",
        paper="Liu et al., Jointly embedding multiple single-cell omics measurements, WABI 2019",
    ),
    Entry(
        "matched-components",
        "learners.linear.pairing.matched_components:MatchedComponents",
        "components of each modality, matched by their distributions under every label",
        paper="Sturma et al., NeurIPS 2023; Pham & Cardoso 2001",
        role="baseline",
    ),
    Entry(
        "auto",
        "learners.auto:Auto",
        "the one of several learners that best tells apart labels hidden from it",
        role="baseline",
    ),
    Entry(
        "command",
        "learners.command:CommandLearner",
        "a program of your own that reads and writes Parquet; run= is its command line",
    ),
    Entry(
        "group-cca",
        "learners.linear.cca:GroupCCA",
        "canonical directions shared by the label means of both modalities",
        paper="Hotelling 1936",
        role="baseline",
    ),
    Entry(
        "random-projection",
        "learners.linear.projection:RandomProjection",
        "Gaussian random projection of each modality",
        paper="Johnson & Lindenstrauss 1984",
        role="baseline",
        needs_labels=False,
    ),
    Entry(
        "none",
        "learners.controls.features:Features",
        "no learner: the standardised features themselves",
        role="baseline",
        needs_labels=False,
    ),
    Entry(
        "raw",
        "learners.controls.features:Features",
        "the same as none, under the name it has in IPIC's tables",
        paper=_IPIC,
        role="baseline",
        needs_labels=False,
    ),
    Entry(
        "constant",
        "learners.controls.constant:Constant",
        "the same latent for every cell: a probe can only name the most frequent label",
        role="control",
        needs_labels=False,
    ),
    Entry(
        "untrained",
        "learners.neural.untrained:Untrained",
        "the network of ipic and its family with the weights that it starts from",
        role="control",
        needs_labels=False,
    ),
    Entry(
        "untrained-autoencoder",
        "learners.neural.untrained:UntrainedAutoencoder",
        "the network of GROOVE with the weights that it starts from",
        role="control",
        needs_labels=False,
    ),
    Entry(
        "lda-permuted",
        "learners.controls.permuted:PermutedLDA",
        "lda on permuted labels: what it scores is not due to the labels",
        role="control",
    ),
    Entry(
        "groove-permuted",
        "learners.controls.permuted:PermutedGROOVE",
        "groove-cosine on permuted labels: what it scores is not due to the labels",
        paper=_GROOVE,
        role="control",
    ),
)

_PAIRED_CCA = Entry["Learner"](
    "paired-cca",
    "learners.controls.paired_cca:PairedCCA",
    "canonical directions of the true pairs inside labels: a ceiling where pairs are known",
    role="oracle",
    needs_pairing=True,
)

_ORACLES: "tuple[Entry[Learner], ...]" = tuple(
    Entry(
        name,
        f"learners.controls.features:{target}",
        f"simulations: {summary}",
        paper=_GROOVE + ", Appendix C",
        role="oracle",
        needs_labels=False,
        reads=name,
        fixed=(("standardise", False),),
    )
    for name, target, summary in (
        ("oracle-latents", "TrueLatents", "true latents of both modalities, without noise"),
        ("oracle-shared", "TrueShared", "true latents, shared dimensions only"),
        ("oracle-noisy-shared", "NoisyShared", "true latents and noise, shared dimensions only"),
        (
            "oracle-weighted-shared",
            "WeightedShared",
            "the same, weighted by reliability: the ceiling",
        ),
    )
)

_METHODS: "tuple[Entry[Learner], ...]" = (
    Entry(
        "groove-cosine",
        "learners.neural.groove:GROOVE",
        "GroupCLIP (cosine), reconstruction and back-translation",
        paper=_GROOVE,
    ),
    Entry(
        "groove-tdist",
        "learners.neural.groove:TGROOVE",
        "GroupCLIP (t-distribution), reconstruction and back-translation",
        paper=_GROOVE,
    ),
    Entry(
        "groove-no-groupclip",
        "learners.neural.groove:GROOVE",
        "ablation: reconstruction and back-translation only",
        paper=_GROOVE,
        fixed=(("alpha", 0.0),),
    ),
    Entry(
        "groove-autoencoder",
        "learners.neural.groove:GROOVE",
        "ablation: reconstruction only",
        paper=_GROOVE,
        fixed=(("alpha", 0.0), ("backtranslation", False)),
    ),
    Entry(
        "ps",
        "learners.neural.ps:PropensityScore",
        "logits of one label classifier per modality",
        paper=_PS,
    ),
    Entry(
        "davae",
        "learners.neural.davae:DAVAE",
        "variational autoencoder with modality adversary and linear label probe",
        paper=_PERTURB_OT + "; Ashuach et al., MultiVI, Nature Methods 2023",
    ),
)

_PAIRED: "tuple[Entry[Learner], ...]" = (
    Entry(
        "ipic",
        "learners.pairs.ipic:IPIC",
        "cells matched inside labels by propensity scores, clusters across labels",
        paper=_IPIC,
    ),
    Entry(
        "ipic-intra",
        "learners.pairs.ipic:IPIC",
        "ablation of ipic: matching inside labels only",
        paper=_IPIC,
        fixed=(("inter", 0.0),),
    ),
    Entry(
        "ipic-intra-snn",
        "learners.pairs.ipic:IPIC",
        "ablation of ipic: matching inside labels only, by shared nearest neighbours",
        paper=_IPIC,
        fixed=(("matching", "snn"), ("inter", 0.0)),
    ),
    Entry(
        "match-once-ot",
        "learners.pairs.match_once:MatchOnce",
        "InfoNCE on pairs matched once by optimal transport of propensity scores",
        paper=_IPIC,
    ),
    Entry(
        "match-once-snn",
        "learners.pairs.match_once:MatchOnce",
        "InfoNCE on pairs matched once by shared nearest neighbours of propensity scores",
        paper=_IPIC,
        fixed=(("matching", "snn"),),
    ),
    Entry(
        "infonce-unpaired",
        "learners.pairs.infonce:InfoNCE",
        "InfoNCE on random pairs inside labels",
        paper="Chen et al. 2020; " + _IPIC,
    ),
    Entry(
        "infonce-paired",
        "learners.pairs.infonce:PairedInfoNCE",
        "InfoNCE on the true pairs of the training cells",
        paper="Chen et al. 2020; " + _IPIC,
        role="oracle",
        needs_pairing=True,
    ),
    Entry(
        "supcon",
        "learners.pairs.supcon:SupCon",
        "contrastive, all cells of the label are positives",
        paper="Khosla et al. 2020; " + _IPIC,
    ),
    Entry(
        "infocore",
        "learners.pairs.supcon:InfoCore",
        "half SupCon, half InfoNCE on random pairs inside labels",
        paper="Wang et al. 2024; " + _IPIC,
    ),
    Entry(
        "wcl",
        "learners.pairs.wcl:WCL",
        "contrastive, cells of the partner's nearest-neighbour component are positives",
        paper="Zheng et al. 2021; " + _IPIC,
    ),
    Entry(
        "xdc",
        "learners.pairs.xdc:XDC",
        "each modality predicts the k-means clusters of the other",
        paper="Alwassel et al. 2020; " + _IPIC,
    ),
    Entry(
        "factorcl-ssl",
        "learners.pairs.factorcl:FactorCL",
        "shared and unique information, the task stood for by augmentations",
        paper="Liang et al. 2023; " + _IPIC,
    ),
    Entry(
        "factorcl-sup",
        "learners.pairs.factorcl:FactorCL",
        "shared and unique information about the label",
        paper="Liang et al. 2023; " + _IPIC,
        fixed=(("task", "label"),),
    ),
)

REGISTRY: "Registry[Learner]" = Registry(
    "learner",
    "weakpair.learners",
    (*_SIMPLE, *_METHODS, *_PAIRED, _PAIRED_CCA, *_ORACLES),
    base="learners.base:Learner",
)


def get(name: str, **params: Any) -> "Learner":
    """Build the learner registered under `name`.

    Raises:
        UnknownNameError: no learner of that name.
        ParameterError: a parameter it does not know.
    """
    return REGISTRY.get(name, **params)


def names() -> list[str]:
    """The short names of all learners."""
    return REGISTRY.names()


def __getattr__(name: str) -> Any:
    """Import `Learner` and `FitReport` when first asked for."""
    if name not in ("Learner", "FitReport"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from learners import base

    return getattr(base, name)
