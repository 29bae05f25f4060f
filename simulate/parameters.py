"""Every constant of the simulation, validated (GROOVE, Appendix C)."""

from collections.abc import Callable
from dataclasses import Field, dataclass, fields
from math import inf, isfinite

from weakpair.errors import ParameterError

CONTROL = "control"
_COUNTS = {"latent_dim": 1, "features1": 1, "features2": 1, "n_conditions": 2, "downstream": 0}
_POSITIVE = ("scale", "snr", "loading_sd", "bias_sd", "noise_mean_sd", "noise_log_sd_spread")
# As many as 40 GB hold.
_MOST = 5_000_000_000
_HUGE = 10**300
OURS = ("downstream", "feature_noise", "nonlinear", "heteroscedastic", "batch", "unequal")
"""Parameters that the paper does not have; where one is 0 a draw is what it was without it."""
_PAIRS = ("penetrance", "effect_gamma", "feature_scale_gamma")


@dataclass(frozen=True)
class Parameters:
    """Constants of a simulated data set; the defaults are those of GROOVE, Appendix C.

    Attributes:
        shared: share of the latent dimensions that both modalities have in common, in [0, 1].
            The number of shared dimensions is `round(shared * latent_dim)`.
        latent_dim: latent dimensions per modality, d.
        n_conditions: the control and the perturbations together.
        cells_per_condition: one number for all conditions, or one per condition, control first.
        features1: features of modality 1.
        features2: features of modality 2.
        scale: standard deviation of the unperturbed latents.
        snr: the noise is drawn at unit scale and multiplied by scale / snr.
        min_effect: least magnitude of a perturbation's effect.
        effect_gamma: shape and rate of the Gamma law that `min_effect` cuts off below.
        penetrance: the two parameters of the Beta law of a cell's penetrance.
        loading_sd: standard deviation of the loadings A.
        bias_sd: standard deviation of the features' biases b.
        feature_scale_gamma: shape and rate of the Gamma law of the features' scales s.
        noise_mean_sd: standard deviation of the noise means mu, one per latent dimension.
        noise_log_sd: mean of the logarithm of the noise's standard deviations sigma.
        noise_log_sd_spread: standard deviation of that logarithm.
        downstream: classes of a downstream label that is independent of the condition, at least 2;
            0 for none (see `Simulation.downstream`). It changes no other number.
        feature_noise: standard deviation of Gaussian noise that is added to each feature, as a
            share of the feature's own standard deviation over the cells. [ours, not the paper's:
            without it features have no more dimensions than the latents, which linear methods
            then see whole.] 0 for none; it changes nothing of the truth.
        nonlinear: share of each feature that is not the linear image of the latents but that of a
            random network of two layers (tanh, then linear), of the same standard deviation.
            [ours: linear maps must not be all that is rewarded.] 0 for none, 1 for all.
        heteroscedastic: standard deviation of the logarithm of the factor by which a perturbation
            stretches each latent dimension, the same for both modalities where it is shared.
            [ours: covariances that change with the label can be told apart where means cannot.]
        batch: standard deviation of the shift of each feature between two batches of cells, as a
            share of the feature's own. [ours.] The batch is the column `batch` of `obs`; it is
            drawn without regard to the condition, each modality has shifts of its own.
        unequal: largest share of a condition's cells that one modality did not measure. [ours:
            the modalities' compositions differ.] Each condition and modality lose a share of their
            own, uniform between 0 and this, of whichever cells, but keep one cell at least; pairs
            are the cells that both measured. It changes no number of the cells that stay.

    Raises:
        ParameterError: a value outside its range, in one line that names it.

    >>> Parameters(shared=0.8).shared_dims, Parameters(shared=0.8).specific_dims
    (8, 2)
    """

    shared: float = 1.0
    latent_dim: int = 10
    n_conditions: int = 10
    cells_per_condition: int | tuple[int, ...] = 100
    features1: int = 1000
    features2: int = 500
    scale: float = 0.1
    snr: float = 0.2
    min_effect: float = 3.0
    effect_gamma: tuple[float, float] = (1.0, 1.0)
    penetrance: tuple[float, float] = (1.0, 10.0)
    loading_sd: float = 1.0
    bias_sd: float = 1.0
    feature_scale_gamma: tuple[float, float] = (1.0, 1.0)
    noise_mean_sd: float = 1.0
    noise_log_sd: float = -3.0
    noise_log_sd_spread: float = 1.0
    downstream: int = 0
    feature_noise: float = 0.0
    nonlinear: float = 0.0
    heteroscedastic: float = 0.0
    batch: float = 0.0
    unequal: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _canonical(field, getattr(self, field.name)))
        for name, least in _COUNTS.items():
            require_count(name, getattr(self, name), least)
        for name in _POSITIVE:
            _require(name, getattr(self, name), "a number above 0", _is_positive)
        for name in _PAIRS:
            _require_pair(name, getattr(self, name))
        _require("noise_log_sd", self.noise_log_sd, "a finite number", isfinite)
        for name in ("min_effect", "feature_noise", "heteroscedastic", "batch"):
            _require(name, getattr(self, name), "a number of at least 0", lambda v: 0 <= v < inf)
        for name in ("shared", "nonlinear", "unequal"):
            _require(name, getattr(self, name), "a share between 0 and 1", lambda v: 0 <= v <= 1)
        self._check_downstream()
        self._check_cells()

    def _check_downstream(self) -> None:
        if self.downstream == 1:
            raise ParameterError("downstream=1: must be 0 (no label) or at least 2 classes")
        if self.downstream and not self.shared_dims:
            raise ParameterError(
                f"downstream={self.downstream}: a label of the shared latents needs a shared "
                f"dimension, and shared={self.shared:g} has none"
            )

    def _check_cells(self) -> None:
        cells = self.cells_per_condition
        if not isinstance(cells, tuple):
            require_count("cells_per_condition", cells, 1)
            self._check_size(cells * self.n_conditions)
            return
        if len(cells) != self.n_conditions:
            raise ParameterError(
                f"cells_per_condition has {len(cells)} numbers for {self.n_conditions} conditions; "
                "give one number, or one per condition with the control first"
            )
        for index, count in enumerate(cells):
            require_count(f"cells_per_condition[{index}]", count, 1)
        self._check_size(sum(cells))

    def _check_size(self, cells: int) -> None:
        numbers = cells * (self.features1 + self.features2 + self.latent_dim)
        if numbers > _MOST:
            raise ParameterError(
                f"{cells:,} cells × {self.features1 + self.features2:,} features: a simulation of "
                f"{numbers:,} numbers; at most {_MOST:,} are drawn"
            )

    @property
    def shared_dims(self) -> int:
        """Number of shared latent dimensions, d_s."""
        return round(self.shared * self.latent_dim)

    @property
    def specific_dims(self) -> int:
        """Number of latent dimensions of each modality's own, d_u."""
        return self.latent_dim - self.shared_dims

    @property
    def n_perturbations(self) -> int:
        """Conditions but the control, L."""
        return self.n_conditions - 1

    @property
    def cells(self) -> tuple[int, ...]:
        """Cells of each condition, the control first."""
        if isinstance(self.cells_per_condition, tuple):
            return self.cells_per_condition
        return (self.cells_per_condition,) * self.n_conditions

    @property
    def n_cells(self) -> int:
        """Cells of all conditions together."""
        return sum(self.cells)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the conditions: the control, then perturbation-1, and so on."""
        return (CONTROL, *(f"perturbation-{i + 1}" for i in range(self.n_perturbations)))


def _canonical(field: "Field[object]", value: object) -> object:
    """Give each value one spelling, whoever wrote it: 1 → 1.0, [1, 10] → (1.0, 10.0).

    What is neither a number nor a sequence stays as it is, for the checks to refuse.
    """
    if isinstance(value, list):
        value = tuple(value)
    if field.type is float and type(value) is int:
        return float(value) if abs(value) < _HUGE else inf
    if field.name in _PAIRS and isinstance(value, tuple):
        return tuple(float(v) if type(v) is int else v for v in value)
    return value


def _is_positive(value: float) -> bool:
    return 0 < value < inf


def _require(name: str, value: object, what: str, holds: Callable[[float], bool]) -> None:
    if type(value) is bool or not isinstance(value, int | float) or not holds(value):
        raise ParameterError(f"{name}={value!r}: must be {what}")


def require_count(name: str, value: object, least: int) -> None:
    """Refuse anything but a whole number of at least `least`, with a `ParameterError`."""
    if type(value) is not int or value < least:
        why = " (the control and one perturbation)" if name == "n_conditions" else ""
        raise ParameterError(f"{name}={value!r}: must be a whole number of at least {least}{why}")


def _require_pair(name: str, value: object) -> None:
    if not isinstance(value, tuple) or len(value) != 2:
        raise ParameterError(f"{name}={value!r}: must be two numbers above 0")
    for index, number in enumerate(value):
        _require(f"{name}[{index}]", number, "a number above 0", _is_positive)
