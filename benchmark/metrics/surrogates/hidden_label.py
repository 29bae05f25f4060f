"""Hidden labels: does a plan tell perturbations apart that its method saw as one?"""

from aligners.hidden import Skill, skill
from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.surrogates.cases import SurrogateCase


def hidden_label(case: SurrogateCase) -> float:
    """Skill in telling labels apart that the method saw as one.

    Labels are merged at random into groups, and the method is fitted and aligned with the group
    alone. For a test cell s is the share of its row's mass on cells of its true label, c what a
    plan that is uniform inside the group gives it. The score is sum(s - c) / sum(1 - c) over all
    cells with a choice, of both modalities and all merges: 0 at chance, 1 for a plan that is
    always right, negative below chance.

    It assumes that what tells two perturbations apart also tells cells of one perturbation apart.
    It is fooled by methods that separate labels and nothing else (`lda` on cells that differ by
    label alone), and knows nothing of identities inside labels.

    Raises:
        UndefinedScoreError: no merged labels, or no test cell with a choice.
    """
    if not case.hidden:
        raise UndefinedScoreError("not defined: hidden labels need at least four perturbations")
    found = sum((skill(*guess) for guess in case.guesses()), Skill(0.0, 0.0))
    if found.possible == 0:
        raise UndefinedScoreError("not defined: no test cell is in a group of two labels")
    return found.share
