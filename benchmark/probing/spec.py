"""Spec of the probe of embeddings."""

from typing import ClassVar, Literal

from pydantic import Field

from weakpair.specs import Frozen

TrainingPairs = Literal["labels", "group", "pairs"]


class ProbeSpec(Frozen):
    """The parameters of the probe; IPIC, sections 4.2 and C.1.

    A pair is scored by the embeddings of its two cells side by side. Test cells stand in their true
    pairs, as in the paper, which shuffles BIRFL and ST in the training set only; data without true
    pairs are paired by label, as the paper's «manual matching». Whom the classifier's training
    cells are paired with, the paper leaves open.

    Attributes:
        training_pairs: "labels": a random cell of the same treatment and downstream label, so that
            a pair has one label of each kind (as every pair of COMP has) and no true pair is used;
            "group": a random cell of the same treatment, the paper's shuffled training set read
            literally; the pair then has the downstream label of its modality-1 cell and modality 2
            cannot tell it; "pairs": the true pairs, which no method but an oracle has seen.
        inverse_penalty: C of scikit-learn's logistic regression.
        max_iter: its iterations at most; a classifier that needs more is marked in tables.
        standardise: scale embeddings by the moments of the training cells first.
        neighbours: neighbours per cell of iLISI; the perplexity is a third of it.
    """

    kind_of_spec: ClassVar[str] = "probe"
    training_pairs: TrainingPairs = "labels"
    inverse_penalty: float = Field(default=1.0, gt=0)
    max_iter: int = Field(default=1000, ge=1)
    standardise: bool = True
    neighbours: int = Field(default=90, ge=1)
