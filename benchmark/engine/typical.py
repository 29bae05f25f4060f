"""Typical times of stages: the guess for a store that has never timed any.

Seconds on one core of a laptop for a set of 2,000 cells, as docs/performance.md measured them in
the simulation grid. They say minutes from hours, no more; what a store has timed itself counts
instead.
"""

from benchmark.stages.graph import Stage

_KINDS = {"data": 0.5, "split": 0.1, "prepare": 0.2, "impute": 0.4, "score": 0.03, "probe": 1.0}
_LEARNERS = {
    **{"groove-tdist": 8.0, "groove-cosine": 7.7, "ipic": 4.2, "davae": 2.0, "em-cca": 1.6},
    **{"ps": 0.3, "lda": 0.07, "lda-bounded": 0.07, "pca": 0.07, "none": 0.05},
    # Networks that are not trained, and the simulator's own latents.
    **dict.fromkeys(("untrained", "untrained-autoencoder"), 0.1),
    **dict.fromkeys(("oracle-latents", "oracle-shared"), 0.05),
    **dict.fromkeys(("oracle-noisy-shared", "oracle-weighted-shared"), 0.05),
}
_ALIGNERS = {
    **{"labeled-coot": 0.09, "egwot": 0.09, "labeled-egwot": 0.05, "eot": 0.03},
    **{"labeled-eot": 0.03, "uniform": 0.01, "label-uniform": 0.01, "oracle": 0.01},
}


def typical(stage: Stage) -> float | None:
    """Seconds that such a stage takes on a small set; None for a method that nobody timed."""
    for word, known in (("learner", _LEARNERS), ("aligner", _ALIGNERS)):
        if word in stage.params:
            return known.get(str(stage.params[word]))
    return _KINDS.get(stage.kind)
