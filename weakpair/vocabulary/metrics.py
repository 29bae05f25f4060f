"""The metrics: what each is called, which way is better, where its function is.

Ours stand in the order of the papers' columns. A package adds its own by an entry point of the
group `weakpair.metrics` that loads to a `Metric`.
"""

from collections.abc import Mapping
from typing import Any

from weakpair.vocabulary.metric import Heading, Metric, Metrics
from weakpair.vocabulary.tasks import Task

__all__ = ["METRICS", "Heading", "Metric", "Metrics"]


_WORSE = {"higher_is_better": False}


def _metric(name: str, label: str, task: Task, target: str, summary: str, **more: Any) -> Metric:
    """A metric of ours, whose module is one of `benchmark.metrics`; more is better by default."""
    known: Mapping[str, Any] = {"higher_is_better": True, **more}
    target = f"benchmark.metrics.{target}"
    return Metric(name=name, target=target, summary=summary, label=label, task=task, **known)


def _of_plans(name: str, label: str, function: str, summary: str, **more: Any) -> Metric:
    known = {"needs_pairing": True, **more}
    return _metric(name, label, "matching", f"matching:{function}", summary, **known)


def _of_predictions(name: str, label: str, function: str, summary: str, **more: Any) -> Metric:
    known = {"needs_pairing": True, **more}
    return _metric(name, label, "imputation", f"imputation_scores:{function}", summary, **known)


def _of_clouds(name: str, label: str, function: str, summary: str, **more: Any) -> Metric:
    """A metric of predictions that looks at no pairs, and is computed where it is asked for."""
    known = {"asked": True, **_WORSE, **more}
    return _metric(name, label, "imputation", f"distributions:{function}", summary, **known)


def _of_surrogates(name: str, label: str, function: str, summary: str, **more: Any) -> Metric:
    return _metric(name, label, "surrogate", f"surrogates:{function}", summary, **more)


def _of_latents(name: str, label: str, function: str, summary: str, **more: Any) -> Metric:
    """IPIC's metrics; its single modalities, consistency and mixing stand beside its accuracies."""
    known = {"spread": "sd", "ranked": False, **more}
    return _metric(name, label, "probe", f"probe_scores:{function}", summary, **known)


OURS: tuple[Metric, ...] = (
    _of_plans(
        "trace",
        "Trace",
        "trace",
        "mean weight on the true partner in the row-normalised plan",
        source="GROOVE, Appendix F, Eq. 11",
    ),
    _of_plans(
        "foscttm",
        "Bary. FOSCTTM",
        "bary_foscttm",
        "fraction of cells closer to the barycentric projection than the true match, symmetric; "
        "rewards blur: compare with label-uniform",
        source="GROOVE, Appendix F, Eq. 12",
        quadratic=True,
        **_WORSE,
    ),
    _of_plans(
        "latent-mse",
        "Latent MSE",
        "latent_mse",
        "mean squared error of true latents, of cells and of their plan's mean partners; rewards "
        "blur: compare with label-uniform",
        source="Xi et al. 2024, synthetic images",
        digits=4,
        needs_pairing=False,
        needs_truth=True,
        asked=True,
        **_WORSE,
    ),
    _metric(
        "drawn-foscttm",
        "Drawn FOSCTTM",
        "matching",
        "drawn:drawn_foscttm",
        "fraction of the label's cells closer to a partner drawn from the plan than the true match,"
        " in the learner's latents, symmetric",
        source="Xi et al. 2024, CITE-seq",
        quadratic=True,
        needs_pairing=True,
        needs_latents=True,
        asked=True,
        **_WORSE,
    ),
    _of_predictions(
        "mse",
        "MSE",
        "mse",
        "mean squared error over cells and features",
        source="GROOVE, Appendix F, Eq. 13",
        **_WORSE,
    ),
    _of_predictions(
        "cos-sim",
        "Cos-sim",
        "cosine",
        "cosine of each feature across cells, mean over features",
        source="GROOVE, Appendix F, Eq. 15",
    ),
    _of_predictions(
        "knn-recall",
        "KNN Recall",
        "knn_recall",
        "share of the true nearest neighbours that the predictions keep",
        source="GROOVE, Appendix F, Eq. 16",
        quadratic=True,
    ),
    _of_predictions(
        "knn-pr",
        "KNN PR",
        "knn_average_precision",
        "average precision of the predicted nearest neighbours",
        source="GROOVE, Appendix F, Eq. 17",
        quadratic=True,
    ),
    _of_predictions(
        "knn-roc",
        "KNN ROC",
        "knn_roc_auc",
        "area under the ROC curve of the predicted nearest neighbours",
        source="GROOVE, Appendix F, Eq. 18",
        quadratic=True,
    ),
    _of_predictions(
        "wd",
        "WD",
        "wasserstein",
        "1-Wasserstein distance of each feature, mean over features",
        source="GROOVE, Appendix F, Eq. 14",
        needs_pairing=False,
        **_WORSE,
    ),
    _of_predictions(
        "r2",
        "R²",
        "r_squared",
        "1 less the squared error over that of the features' means",
        source="Xi et al. 2024, cross-modal prediction",
        asked=True,
    ),
    _of_predictions(
        "r2-median",
        "Median R²",
        "median_r_squared",
        "median over features of 1 less the squared error over that of the feature's mean",
        source="Xi et al. 2024, cross-modal prediction",
        asked=True,
    ),
    _of_clouds(
        "w1",
        "W1",
        "joint_wasserstein",
        "1-Wasserstein distance of predicted and true cells, all features together",
        source="Xi et al. 2024, Perturb-seq",
    ),
    _of_clouds(
        "kl-1",
        "KL (k=1)",
        "divergence_1",
        "Kullback-Leibler divergence of true from predicted cells, by nearest neighbours",
        source="Xi et al. 2024; Wang, Kulkarni & Verdu 2009",
    ),
    _of_clouds(
        "kl-5",
        "KL (k=5)",
        "divergence_5",
        "Kullback-Leibler divergence of true from predicted cells, by fifth neighbours",
        source="Xi et al. 2024; Wang, Kulkarni & Verdu 2009",
    ),
    _of_surrogates(
        "hidden-label",
        "Hidden label",
        "hidden_label",
        "share of a plan's mass on the right one of two labels that the method saw as one, from "
        "chance (0) to all (1), both directions",
        source="ours",
    ),
    _of_surrogates(
        "structure",
        "Structure",
        "structure",
        "correlation, inside labels, of distances between cells with those between their partners",
        source="ours, after the objective of Gromov-Wasserstein (Memoli 2011)",
        ranked=False,
    ),
    _of_surrogates(
        "cycle",
        "Cycle",
        "cycle",
        "share of the mass that returns to a cell's neighbours by the plan there and back, from "
        "chance (0) to all (1); any permutation returns all of it",
        source="ours, after cycle consistency (Zhu et al., ICCV 2017)",
        ranked=False,
        version=2,  # rows are summed label by label
    ),
    _of_surrogates(
        "stability",
        "Stability",
        "stability",
        "correlation of a plan's rows, inside labels, between fits that saw other groups of labels",
        source="ours",
        ranked=False,
    ),
    _of_surrogates(
        "held-out",
        "Held out",
        "held_out",
        "as hidden label, of perturbations that the method was not fitted to",
        source="ours, after the out-of-distribution protocol of Xi et al. 2024",
        ranked=False,
    ),
    _of_surrogates(
        "held-out-energy",
        "Held-out energy",
        "held_out_energy",
        "1 less the energy distance of translated to real cells of held-out perturbations, in "
        "units of that of all of them",
        source="ours; energy distance of Szekely & Rizzo 2013",
        ranked=False,
    ),
    _of_surrogates(
        "evidence",
        "Evidence",
        "evidence",
        "information of paired cells inside labels, in nats per cell, above the most that the "
        "method finds where cells have no partners",
        source="ours, after the evidence of em-cca",
        ranked=False,
    ),
    _of_latents(
        "treatment-accuracy",
        "Treatment acc.",
        "accuracy",
        "accuracy of a linear classifier of the treatment on pairs of embeddings",
        source="IPIC, Tables 1 and 7",
        ranked=True,
        fixed=(("kind", "treatment"), ("view", "both")),
    ),
    _of_latents(
        "task-accuracy",
        "Task acc.",
        "accuracy",
        "accuracy of a linear classifier of the downstream label on pairs of embeddings",
        source="IPIC, Tables 1 and 7",
        ranked=True,
        fixed=(("kind", "downstream"), ("view", "both")),
    ),
    *(
        _of_latents(
            f"{word}-accuracy-{view}",
            f"{word.capitalize()} acc. {view}",
            "accuracy",
            f"{word} accuracy on embeddings of modality {view} alone",
            source="IPIC, C.2, Table 8",
            fixed=(("kind", kind), ("view", view)),
        )
        for word, kind in (("treatment", "treatment"), ("task", "downstream"))
        for view in ("1", "2")
    ),
    _of_latents(
        "perturbation-consistency",
        "Consistency",
        "consistency",
        "cosine similarity within treatments over that between treatments, pairs of embeddings",
        source="IPIC, C.3, Eq. 11-14",
    ),
    _of_latents(
        "ilisi",
        "iLISI",
        "mixing",
        "effective number of batches among a cell's neighbours, pairs of embeddings",
        source="IPIC, C.4, Table 10",
        fixed=(("view", "both"),),
    ),
    *(
        _of_latents(
            f"ilisi-{view}",
            f"iLISI {view}",
            "mixing",
            f"iLISI on embeddings of modality {view} alone",
            source="IPIC, C.4, Table 10",
            fixed=(("view", view),),
        )
        for view in ("1", "2")
    ),
)

METRICS = Metrics("weakpair.metrics", OURS)
