"""The margins: how large a difference may be and still count as none."""

UNIT_MARGIN = 0.02
"""Margin of scores and errors on the unit scale."""

SHARE_OF_SCORE = 0.1
"""Most of the best mean that a margin of a score may be: two Traces of .001 are not on par."""

RELATIVE_MARGIN = 0.05
"""Margin of everything else, in shares of the best mean."""

_SCORES = frozenset(
    {
        "trace",
        "cos-sim",
        "knn-recall",
        "knn-pr",
        "knn-roc",
        *(
            f"{kind}-accuracy{modality}"
            for kind in ("treatment", "task")
            for modality in ("", "-1", "-2")
        ),
    }
)
_ERRORS = frozenset({"foscttm"})


def margin(metric: str, best: float) -> float:
    """The margin of a metric in its own units.

    Args:
        metric: its name in results. One that stands in no list here has a relative margin.
        best: the best mean of a field; its sign is of no account.

    >>> margin("trace", 0.5), margin("trace", 0.125), margin("foscttm", -0.001), margin("mse", -0.5)
    (0.02, 0.0125, 0.02, 0.025)
    """
    if metric in _ERRORS:
        return UNIT_MARGIN
    if metric in _SCORES:
        return min(UNIT_MARGIN, SHARE_OF_SCORE * abs(best))
    return RELATIVE_MARGIN * abs(best)


def stated() -> str:
    """All margins in one sentence, for captions."""
    return (
        f"Margins: {UNIT_MARGIN:g} for Trace, FOSCTTM, Cos-sim, KNN scores and accuracies (of a "
        f"score at most {SHARE_OF_SCORE:.0%} of the best mean), {RELATIVE_MARGIN:.0%} of the best "
        "mean for MSE, WD and other metrics."
    )
