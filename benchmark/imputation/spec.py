"""Spec of an imputer."""

from typing import ClassVar, Literal, Self

from pydantic import Field

from weakpair.specs import Frozen

Kind = Literal["mlp", "ridge", "label-mean", "label-cell", "mean"]
Direction = Literal["2to1", "1to2", "both"]
TargetKind = Literal["sampled", "barycentric", "two-sample"]


class ImputerSpec(Frozen):
    """An imputer's parameters.

    GROOVE, section 4.2, gives the network (two hidden layers with ReLU, a linear output) and the
    sampled targets; its training settings are not printed and are ours, chosen on simulation
    replicates that no table uses.

    Attributes:
        kind: "mlp"; or a control: "ridge" (on the plan's weighted means, penalty by leave-one-out),
            "label-mean" (mean of the training targets of the cell's label), "label-cell" (one of
            these targets, drawn at random), "mean" (of all).
        direction: "2to1" predicts modality 1 from modality 2, "1to2" modality 2 from modality 1;
            "both" stands for one imputer of each (see `each`).
        targets: "sampled" draws a target for every source cell anew in each epoch, with the plan's
            column as probabilities; "barycentric" takes the plan's weighted mean. "two-sample"
            goes from the other side: every target cell draws two source cells from its plan row,
            anew in each epoch, and (y - f(x)) (y - f(x')) is an unbiased estimate of the squared
            error of the *mean* prediction over its partners (Xi et al. 2024), which the error of
            a single draw exceeds by the predictions' variance. "mlp" only.
        hidden: width of the hidden layers.
        layers: number of hidden layers.
        epochs: passes over the source cells.
        batch_size: source cells per step.
        learning_rate: the peak of a one-cycle schedule of AdamW.
        weight_decay: AdamW's, on weights and not on biases.
    """

    kind_of_spec: ClassVar[str] = "imputer"
    kind: Kind = "mlp"
    direction: Direction = "2to1"
    targets: TargetKind = "sampled"
    hidden: int = Field(default=128, ge=1)
    layers: int = Field(default=2, ge=1)
    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.1, ge=0)

    def each(self) -> tuple[Self, ...]:
        """The imputers that it stands for, each of one direction."""
        if self.direction != "both":
            return (self,)
        directions: tuple[Direction, ...] = ("2to1", "1to2")
        return tuple(self.model_copy(update={"direction": one}) for one in directions)

    @property
    def source(self) -> Literal[1, 2]:
        """The modality predicted from."""
        return 2 if self.direction == "2to1" else 1

    @property
    def target(self) -> Literal[1, 2]:
        """The modality predicted."""
        return 1 if self.direction == "2to1" else 2
