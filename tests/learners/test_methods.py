"""GROOVE, propensity scores and DAVAE: what each step does, and that each learns."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

import learners
from learners.base import Learner
from learners.conformance.toys import toy
from learners.inputs import check_training
from learners.neural.davae import DAVAE, DavaeObjective
from learners.neural.groove import GROOVE, GrooveObjective
from learners.neural.learner import Context
from learners.neural.ps import PropensityScore
from learners.neural.training import Batch
from tests.learners.simulation import held_out, matched_within_labels, simulate
from weakpair.errors import ParameterError

DATA = toy()
TRAINING = check_training(DATA.x1, DATA.t1, DATA.x2, DATA.t2)
ROWS1, ROWS2 = np.argsort(TRAINING.codes1)[::3], np.argsort(TRAINING.codes2)[::3]
BATCH = Batch(
    torch.tensor(TRAINING.x1[ROWS1]),
    torch.tensor(TRAINING.codes1[ROWS1]),
    torch.tensor(TRAINING.x2[ROWS2]),
    torch.tensor(TRAINING.codes2[ROWS2]),
)


def context() -> Context:
    return Context(
        torch.device("cpu"), torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    )


def groove(**params: float | str) -> GrooveObjective:
    objective, _ = GROOVE(dim=3, hidden=8, **params)._objective(TRAINING, context())  # type: ignore[arg-type]
    return objective


def davae(**params: float) -> DavaeObjective:
    objective, _ = DAVAE(dim=3, hidden=8, **params)._objective(TRAINING, context())  # type: ignore[arg-type]
    return objective


def changed(objective: GrooveObjective | DavaeObjective, batch: Batch) -> dict[str, bool]:
    """Which parameters one step changes, by the first part of their name."""
    before = {name: p.detach().clone() for name, p in objective.network.named_parameters()}
    objective.step(batch)
    moved: dict[str, bool] = {}
    for name, parameter in objective.network.named_parameters():
        part = name.split(".")[0]
        moved[part] = moved.get(part, False) or not torch.equal(before[name], parameter)
    return moved


def counted(objective: GrooveObjective) -> Callable[[], int]:
    """Counts the optimiser's steps."""
    calls: list[int] = []
    objective.optimiser.register_step_post_hook(lambda *_: calls.append(1))
    return lambda: len(calls)


def test_groove_takes_two_optimiser_steps_per_batch() -> None:
    objective = groove()
    steps = counted(objective)
    assert set(objective.step(BATCH)) == {"reconstruction", "group_clip", "backtranslation"}
    assert steps() == 2


def test_ablations_drop_their_term() -> None:
    assert set(groove(alpha=0.0).step(BATCH)) == {"reconstruction", "backtranslation"}
    objective = groove(alpha=0.0, backtranslation=False)
    steps = counted(objective)
    assert set(objective.step(BATCH)) == {"reconstruction"}
    assert steps() == 1
    for name, names in (
        ("groove-no-groupclip", {"reconstruction", "backtranslation"}),
        ("groove-autoencoder", {"reconstruction"}),
    ):
        learner = learners.get(name, epochs=1, batch_size=12)
        assert set(learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2).report_.curve) == names


def test_without_weight_on_reconstruction_decoders_stay() -> None:
    moved = changed(groove(beta=0.0, backtranslation=False), BATCH)
    assert moved == {"encoders": True, "coupling": True, "decoders": False}


def test_pseudo_samples_are_made_in_inference_mode_without_gradient() -> None:
    objective = groove()
    network, seen = objective.network, list[tuple[bool, bool]]()
    embed = network.embed

    def spy(x: Tensor, modality: learners.base.Modality) -> Tensor:
        z = embed(x, modality)
        seen.append((network.training, z.requires_grad))
        return z

    network.embed = spy  # type: ignore[method-assign]
    objective.step(BATCH)
    assert seen == [(False, False), (False, False)]
    assert network.training


def test_back_translation_is_as_in_algorithm_1() -> None:
    """The loss of the second step, from a twin network and the same noise, line by line."""
    one, two = groove(), groove()
    for objective in (one, two):
        objective.take(objective.phases()[0], BATCH)
    net, noise = two.network, two.generator
    net.eval()
    with torch.no_grad():
        x12 = net.decoders[1](net.coupling(net.encoders[0](BATCH.x1)[:, :3]))
        x21 = net.decoders[0](net.coupling(net.encoders[1](BATCH.x2)[:, :3]))
    net.train()
    losses = []
    for pseudo, x, encoder, decoder in ((x12, BATCH.x1, 1, 0), (x21, BATCH.x2, 0, 1)):
        mean, log_variance = net.encoders[encoder](pseudo).split(3, dim=1)
        draw = torch.empty_like(mean).normal_(generator=noise)
        z = net.coupling(mean + draw * (log_variance.exp() + 1e-4).sqrt())
        losses.append((net.decoders[decoder](z) - x).square().mean())
    taken = one.take(one.phases()[1], BATCH)
    assert float(taken["backtranslation"]) == pytest.approx(
        float(0.5 * (losses[0] + losses[1]).detach()), rel=1e-5
    )


def test_sum_over_features_is_beta_times_the_number_of_features() -> None:
    alike = check_training(DATA.x1, DATA.t1, DATA.x1, DATA.t1)
    batch = Batch(BATCH.x1, BATCH.t1, BATCH.x1, BATCH.t1)
    results = []
    for beta, reduction in ((12.0, "mean"), (1.0, "sum")):
        learner = GROOVE(dim=3, hidden=8, beta=beta, reduction=reduction)  # type: ignore[arg-type]
        objective, network = learner._objective(alike, context())
        objective.step(batch)
        results.append(network.coupling.weight.detach())
    assert torch.allclose(results[0], results[1], rtol=1e-4)


def test_tdist_and_cosine_differ_from_the_first_step() -> None:
    losses = [float(groove(kernel=k).step(BATCH)["group_clip"]) for k in ("cosine", "tdist")]
    assert losses[0] != pytest.approx(losses[1])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"kernel": "cosin"}, "kernel is 'cosin'; it must be one of cosine, tdist"),
        ({"reduction": "max"}, "reduction is 'max'; it must be one of mean, sum"),
        ({"tau": 0.0}, "tau is 0.0; it must be a number above 0"),
        ({"alpha": -1.0}, "alpha is -1.0; it must be a number at least 0"),
        ({"batch_size": 2}, "balanced batches of 3 labels need at least 3"),
    ],
)
def test_groove_names_wrong_parameters(params: dict[str, float | str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        GROOVE(**params).fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2)  # type: ignore[arg-type]


def test_ps_gives_logits_or_probabilities_of_the_training_labels() -> None:
    logits, probabilities = (
        PropensityScore(output=output, epochs=60, batch_size=16)
        .fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2)
        .transform(DATA.x1, 1)
        for output in ("logits", "probabilities")
    )
    assert logits.shape == (50, 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-5)
    assert torch.softmax(torch.tensor(logits), 1).numpy() == pytest.approx(probabilities, abs=1e-6)
    assert np.mean(logits.argmax(axis=1) == TRAINING.codes1) > 0.9


def test_davae_trains_autoencoder_probe_and_discriminator() -> None:
    everything = {"autoencoder": True, "probe": True, "discriminator": True}
    assert changed(davae(), BATCH) == everything
    assert changed(davae(probe=0.0), BATCH) == {**everything, "probe": False}


def test_davae_adversary_is_the_discriminator_with_modalities_swapped() -> None:
    objective = davae()
    z1, z2 = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(2))
    judge = objective.network.discriminator
    batch = Batch(BATCH.x1[:5], BATCH.t1[:5], BATCH.x2[:5], BATCH.t2[:5])
    zeros, ones = torch.zeros(5, dtype=torch.int64), torch.ones(5, dtype=torch.int64)
    for flipped, (first, second) in ((False, (zeros, ones)), (True, (ones, zeros))):
        expected = 0.5 * (cross_entropy(judge(z1), first) + cross_entropy(judge(z2), second))
        value = objective._judge(z1, z2, batch, flipped=flipped)
        assert torch.allclose(value, expected, rtol=1e-6)


def test_davae_shows_the_discriminator_the_label_if_asked() -> None:
    objective = davae(label_to_discriminator=True)
    z = torch.zeros(2, 3)
    one, two = objective._verdict(z, torch.tensor([0, 1]))
    assert not torch.allclose(one, two)
    plain = davae()._verdict(z, torch.tensor([0, 1]))
    assert torch.equal(plain[0], plain[1])


@pytest.mark.parametrize("name", ["ps", "davae"])
def test_classifying_learners_need_two_labels(name: str) -> None:
    data = toy((9,), (8,))
    with pytest.raises(ParameterError, match="at least two labels"):
        learners.get(name).fit(data.x1, data.t1, data.x2, data.t2)


@pytest.mark.parametrize(
    ("learner", "bound"),
    [
        (GROOVE(dim=32, standardise=True, beta=3.0, epochs=15, lr=1.4e-3), 0.2),
        (PropensityScore(hidden=64, standardise=True, epochs=20, lr=3.6e-4), 0.2),
        (DAVAE(dim=32, elbo=0.1, epochs=40), 0.25),
    ],
    ids=["groove", "ps", "davae"],
)
def test_methods_match_held_out_cells_within_labels(learner: Learner, bound: float) -> None:
    cells = simulate(11, per_condition=60, widths=(60, 40))
    test = held_out(cells.t, 0)
    train2 = np.flatnonzero(~test)[::-1]
    learner.fit(cells.x1[~test], cells.t[~test], cells.x2[train2], cells.t[train2])
    z1, z2 = learner.transform(cells.x1[test], 1), learner.transform(cells.x2[test], 2)
    assert matched_within_labels(z1, z2, cells.t[test]) < bound
