"""The shared architecture (GROOVE, Appendices A.2 and A.3) and how it is initialised."""

import torch
from torch import nn

from learners.neural.encoders import mlp
from learners.neural.networks import JITTER, Classifiers, Posterior, TwinAutoencoder, build

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(seed: int = 0) -> TwinAutoencoder:
    return build(lambda: TwinAutoencoder((7, 5), 3, 6), generator(seed), CPU)


def test_layers_are_those_of_the_paper() -> None:
    network = made()
    kinds = [type(part) for part in network.encoders[0].children()]
    block = [nn.Linear, nn.BatchNorm1d, nn.ReLU]
    assert kinds == [*block, *block, nn.Linear]
    assert [type(part) for part in network.decoders[1].children()] == kinds
    linear = [part for part in network.encoders[1].modules() if isinstance(part, nn.Linear)]
    assert [(part.in_features, part.out_features) for part in linear] == [(5, 6), (6, 6), (6, 6)]
    assert (network.coupling.in_features, network.coupling.out_features) == (3, 3)


def test_both_modalities_pass_one_coupling_layer() -> None:
    network = made().eval()
    x = torch.randn(4, 7, generator=generator())
    mean = network.posterior(x, 1).mean
    expected = mean @ network.coupling.weight.T + network.coupling.bias
    assert torch.allclose(network.embed(x, 1), expected, atol=1e-6)
    assert network.decode(network.embed(x, 1), 2).shape == (4, 5)


def test_samples_have_the_posteriors_moments_plus_jitter() -> None:
    mean, log_variance = torch.tensor([[1.0, -2.0]]), torch.tensor([[-30.0, 0.5]])
    rows = Posterior(mean.expand(200_000, 2), log_variance.expand(200_000, 2))
    drawn = rows.sample(generator())
    assert torch.allclose(drawn.mean(0), mean[0], atol=0.02)
    expected = log_variance[0].exp() + JITTER
    assert torch.allclose(drawn.var(0), expected, rtol=0.02)


def test_weights_depend_on_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first, again, other = made(1), made(1), made(2)
    assert torch.equal(torch.random.get_rng_state(), before)
    same = [torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True)]
    assert all(same)
    assert not torch.equal(first.coupling.weight, other.coupling.weight)


def test_initial_weights_are_uniform_within_pytorchs_bound() -> None:
    layer = build(lambda: nn.Linear(400, 300), generator(), CPU)
    bound = 400**-0.5
    assert float(layer.weight.detach().abs().max()) <= bound
    assert abs(float(layer.weight.detach().std()) - bound / 3**0.5) < 0.01 * bound
    norm = build(lambda: nn.BatchNorm1d(3), generator(), CPU)
    fresh = nn.BatchNorm1d(3).state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in norm.state_dict().items())


def test_a_classifier_shares_the_encoders_trunk() -> None:
    network = build(lambda: Classifiers((7, 5), 4, 6), generator(), CPU).eval()
    assert network.embed(torch.zeros(2, 5), 2).shape == (2, 4)
    encoder, head = made().encoders[0], network.heads[0]
    assert [type(a) for a in encoder.children()] == [type(b) for b in head.children()]


def test_mlp_without_batch_norm() -> None:
    kinds = [type(part) for part in mlp((3, 4, 5, 2), batch_norm=False)]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
