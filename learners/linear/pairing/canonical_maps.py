"""Maps along canonical pairs of whitened residuals, bounded and weighted."""

from learners.inputs import Features
from learners.linear.bounded import Bounded
from learners.linear.pairing.latent_pairing import Canonical
from learners.linear.whitening import Whitened


def canonical_maps(
    model: Canonical, sides: tuple[Whitened, Whitened], x: tuple[Features, Features], bound: float
) -> tuple[Bounded, Bounded]:
    """The map w · bounded(U'r) of each modality, w² = ρ/(1 − ρ²).

    Args:
        model: one model, S = 1.
        sides: the whitened modalities that its pairs are of.
        x: training cells, whose spread says where coordinates saturate.
        bound: that place, in standard deviations.
    """
    u, v, weights = (part[0].numpy() for part in (model.u, model.v, model.weights))
    (one, two), (x1, x2) = sides, x
    return (
        Bounded.along(one.affine, u, x1, bound, weights),
        Bounded.along(two.affine, v, x2, bound, weights),
    )
