"""The generative model in Pyro (GROOVE, Appendix C.1).

Two modalities of the same cells: shared latents Z and latents U of each modality's own, both hit by
perturbations of cell-wise penetrance, noise in latent space, and a linear map to the features.
Sites ending in 1 or 2 belong to that modality.

The paper leaves two points open. Its noise index j runs over the latent dimensions here, since the
noise is added to V before A; and a cell of a perturbed condition receives both its shared and its
specific perturbation.
"""

import pyro
import torch
from pyro.distributions import Bernoulli, Beta, Gamma, Independent, Normal
from torch import Tensor

from simulate.parameters import Parameters

# Hidden units per latent dimension, and the deviation of what enters them: tanh is far from a line.
_WIDTH, _GAIN = 4, 2.0


def model(parameters: Parameters) -> None:
    """Draw one data set.

    Sample sites are the random quantities; deterministic sites (effects, `v`, `noise`, `x`) are
    what follows from them. A kind of perturbation without latent dimensions has no sites.
    """
    p = parameters
    cells = pyro.plate("cells", p.n_cells)
    z = _latents(p, "z", p.shared_dims, cells) * _spread(p, "shared", p.shared_dims)
    shared = _perturb(p, "shared", "", shared_targets(p), cells)
    for m, n_features in (("1", p.features1), ("2", p.features2)):
        u = _latents(p, f"u{m}", p.specific_dims, cells)
        u = u * _spread(p, f"specific{m}", p.specific_dims)
        specific = _perturb(p, "specific", m, specific_targets(p), cells)
        v = pyro.deterministic(f"v{m}", torch.cat([z, u], dim=1) + shared + specific)
        _observe(p, m, v + _noise(p, m, cells), n_features)


def shared_targets(p: Parameters) -> Tensor:
    """Latent dimension each shared perturbation acts on, (I - 1) mod d_s, shape (L,) or (0,)."""
    return torch.arange(p.n_perturbations if p.shared_dims else 0) % max(p.shared_dims, 1)


def specific_targets(p: Parameters) -> Tensor:
    """Latent dimension of each specific one, d_s + (I - 1) mod d_u, shape (L,) or (0,)."""
    order = torch.arange(p.n_perturbations if p.specific_dims else 0)
    return p.shared_dims + order % max(p.specific_dims, 1)


def _number(value: float) -> Tensor:
    """Sampling in double precision keeps float32 results apart from rounding."""
    return torch.tensor(value, dtype=torch.float64)


def _normal(mean: float, sd: float) -> Normal:
    return Normal(_number(mean), _number(sd))


def _normals(dims: int, sd: float) -> Independent:
    """A vector of independent N(0, sd²); `dims` may be 0."""
    return Independent(Normal(torch.zeros(dims, dtype=torch.float64), _number(sd)), 1)


def _gamma(law: tuple[float, float]) -> Gamma:
    return Gamma(_number(law[0]), _number(law[1]))


def _latents(p: Parameters, name: str, dims: int, cells: pyro.plate) -> Tensor:
    """Unperturbed latents, N(0, scale²), shape (cells, dims); dims may be 0."""
    with cells:
        return pyro.sample(name, _normals(dims, p.scale))


def _spread(p: Parameters, kind: str, dims: int) -> Tensor:
    """Factor of each cell's unperturbed latents, (cells, dims); 1 for the control, and without."""
    factors = torch.ones(p.n_conditions, dims, dtype=torch.float64)
    if p.heteroscedastic and dims:
        with pyro.plate(f"{kind}_spreads", p.n_perturbations):
            logs = pyro.sample(f"{kind}_log_spread", _normals(dims, p.heteroscedastic))
        factors[1:] = logs.exp()
    return factors[torch.repeat_interleave(torch.tensor(p.cells))]


def _perturb(p: Parameters, kind: str, m: str, targets: Tensor, cells: pyro.plate) -> Tensor:
    """Shift of every cell's latents by one kind of perturbation, shape (cells, latent_dim)."""
    if not len(targets):
        return torch.zeros(p.n_cells, p.latent_dim, dtype=torch.float64)
    with pyro.plate(f"{kind}_perturbations{m}", p.n_perturbations):
        magnitude = pyro.sample(f"{kind}_magnitude{m}", _gamma(p.effect_gamma)).clamp(p.min_effect)
        sign = 2 * pyro.sample(f"{kind}_sign{m}", Bernoulli(_number(0.5))) - 1
    with cells:
        law = Beta(_number(p.penetrance[0]), _number(p.penetrance[1]))
        penetrance = pyro.sample(f"{kind}_penetrance{m}", law)
    effect = pyro.deterministic(f"{kind}_effect{m}", sign * magnitude)
    by_condition = torch.zeros(p.n_conditions, p.latent_dim, dtype=torch.float64)
    by_condition[torch.arange(1, p.n_conditions), targets] = effect
    condition = torch.repeat_interleave(torch.tensor(p.cells))
    return by_condition[condition] * penetrance[:, None]


def _noise(p: Parameters, m: str, cells: pyro.plate) -> Tensor:
    """Noise in latent space, N(mu_j, sigma_j²) * scale / snr, shape (cells, latent_dim)."""
    with pyro.plate(f"latents{m}", p.latent_dim):
        mean = pyro.sample(f"noise_mean{m}", _normal(0.0, p.noise_mean_sd))
        log_sd = pyro.sample(f"noise_log_sd{m}", _normal(p.noise_log_sd, p.noise_log_sd_spread))
    sd = pyro.deterministic(f"noise_sd{m}", log_sd.exp())
    with cells:
        unit = pyro.sample(f"unit_noise{m}", Independent(Normal(mean, sd), 1))
    return pyro.deterministic(f"noise{m}", unit * (p.scale / p.snr))


def _observe(p: Parameters, m: str, latents: Tensor, n_features: int) -> None:
    """Map noisy latents to features, (latents A + b) * s, site `x`, shape (cells, n_features)."""
    with pyro.plate(f"features{m}", n_features):
        columns = pyro.sample(f"loadings{m}", _normals(p.latent_dim, p.loading_sd))
        bias = pyro.sample(f"b{m}", _normal(0.0, p.bias_sd))
        scale = pyro.sample(f"s{m}", _gamma(p.feature_scale_gamma))
    loadings = pyro.deterministic(f"a{m}", columns.T)
    image = latents @ loadings
    if p.nonlinear:
        image = (1 - p.nonlinear) * image + p.nonlinear * _curved(p, m, latents, image.std(dim=0))
    pyro.deterministic(f"x{m}", (image + bias) * scale)


def _curved(p: Parameters, m: str, latents: Tensor, sizes: Tensor) -> Tensor:
    """A random network's image of the latents, (cells, features), of these deviations."""
    width = _WIDTH * p.latent_dim
    with pyro.plate(f"hidden{m}", width):
        inner = pyro.sample(f"inner{m}", _normals(p.latent_dim, _GAIN / p.latent_dim**0.5))
        offset = pyro.sample(f"offset{m}", _normal(0.0, 1.0))
    with pyro.plate(f"outer_features{m}", len(sizes)):
        outer = pyro.sample(f"outer{m}", _normals(width, 1.0))
    unit = (latents - latents.mean(dim=0)) / latents.std(dim=0)
    image = (unit @ inner.T + offset).tanh() @ outer.T
    return (image - image.mean(dim=0)) / image.std(dim=0) * sizes
