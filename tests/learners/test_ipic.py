"""IPIC and the methods it is compared with: what each step does, and that each learns."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import learners
from learners.base import Learner
from learners.conformance.toys import toy
from learners.inputs import Training, check_training
from learners.neural.learner import Context
from learners.neural.training import Batch
from learners.pairs.contrastive import in_batch, intra
from learners.pairs.encoders import Output, PairEncoders
from learners.pairs.factorcl import Critics, FactorCL, club, nce
from learners.pairs.ipic import IPIC, IPICObjective
from learners.pairs.match_once import MatchOnce
from learners.pairs.matching.pairs import PairedBatches
from learners.pairs.paired import PairedLearner, PairedObjective
from learners.pairs.xdc import XDC, XDCObjective
from tests.learners.simulation import held_out, matched_within_labels, simulate
from weakpair.errors import ParameterError

DATA = toy()
TRAINING = check_training(DATA.x1, DATA.t1, DATA.x2, DATA.t2)
ALL1, ALL2 = np.arange(len(TRAINING.x1)), np.arange(len(TRAINING.x2))
OUTPUTS: tuple[Output, ...] = ("head", "shared")
SMALL: dict[str, Any] = {"dim": 4, "hidden": 8, "batch_size": 12}
PAIRED = [
    entry.name for entry in learners.REGISTRY if "Ji et al." in entry.paper and entry.name != "raw"
]


def context() -> Context:
    return Context(
        torch.device("cpu"), torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    )


def objective(learner: PairedLearner, data: Training = TRAINING) -> PairedObjective:
    made, _ = learner._objective(data, context())
    assert isinstance(made, PairedObjective)
    return made


def started(learner: PairedLearner) -> tuple[PairedObjective, Batch]:
    """An objective before its first epoch, and a batch of the pairs it made."""
    made, sampler = objective(learner), PairedBatches(TRAINING.codes1, TRAINING.codes2, 24)
    made.begin(1, ALL1, ALL2, sampler)
    rows1, rows2 = next(iter(sampler.epoch(np.random.default_rng(0))))
    return made, batch_of(rows1, rows2)


def batch_of(rows1: Any, rows2: Any) -> Batch:
    arrays = (
        TRAINING.x1[rows1],
        TRAINING.codes1[rows1],
        TRAINING.x2[rows2],
        TRAINING.codes2[rows2],
        rows1,
        rows2,
    )
    return Batch(*(torch.tensor(array) for array in arrays))


def encoded(made: PairedObjective, batch: Batch) -> tuple[Tensor, Tensor]:
    return made.network.encode(batch.x1, 1), made.network.encode(batch.x2, 2)


def fit(learner: Learner, seed: int = 0) -> Learner:
    pairs: dict[str, Any] = (
        {"pairs": DATA.pairs()} if type(learner).__name__ == "PairedInfoNCE" else {}
    )
    return learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2, seed=seed, **pairs)


def test_the_paired_one_is_the_only_oracle_among_the_papers_methods() -> None:
    assert len(PAIRED) == 13
    oracles = [entry for entry in learners.REGISTRY if entry.needs_pairing]
    assert [entry.name for entry in oracles] == ["infonce-paired", "paired-cca"]
    assert {entry.role for entry in oracles} == {"oracle"}
    assert not learners.REGISTRY.entry("paired-cca").paper
    assert learners.get("ipic-intra-snn").get_params()["matching"] == "snn"
    assert learners.get("raw").get_params() == learners.get("none").get_params()


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize("architecture", ["shared", "paper"])
def test_each_architecture_and_output_has_its_width(name: str, architecture: str) -> None:
    params = {**SMALL, "epochs": 1, "architecture": architecture}
    head = fit(learners.get(name, **params))
    encoder = fit(learners.get(name, **params, output="encoder"))
    assert head.transform(DATA.x2, 2).shape[1] == (8 if name.startswith("factorcl") else 4)
    assert encoder.transform(DATA.x2, 2).shape[1] == 4


def test_the_papers_own_widths_are_the_defaults() -> None:
    _, shared = IPIC()._objective(TRAINING, context())
    _, paper = IPIC(architecture="paper")._objective(TRAINING, context())
    x = torch.tensor(DATA.x1)
    assert shared.encode(x, 1).shape[1] == 128
    assert paper.encode(x, 1).shape[1] == 512
    assert [type(layer).__name__ for layer in paper.encoders] == ["Linear", "Linear"]
    linear = [p for n, p in paper.heads["f"].get_submodule("0").named_parameters() if p.ndim == 2]
    assert [tuple(weight.shape) for weight in linear] == [(512, 512)] * 3


@pytest.mark.parametrize("name", PAIRED)
def test_losses_fall_and_early_stopping_works(name: str) -> None:
    learner = fit(learners.get(name, **SMALL, epochs=25))
    curve = learner.report_.curve
    first = {"ipic": "intra", "factorcl-ssl": "shared", "factorcl-sup": "task"}
    series = curve[first.get(name, next(iter(curve)))]
    assert series[-1] < series[0]
    stopped = learners.get(name, **SMALL, epochs=6, early_stopping=2, validation_share=0.2)
    facts = fit(stopped).report_
    assert facts.facts["best_epoch"] == 1 + int(np.argmin(facts.curve["held_out"]))


def test_ipic_looks_its_scores_up_for_the_batch() -> None:
    made, batch = started(IPIC(**SMALL, inter=0))
    assert isinstance(made, IPICObjective)
    h1, h2 = encoded(made, batch)
    scores = np.zeros((len(batch.rows1), len(batch.rows2)), dtype=np.float32)
    for i, row1 in enumerate(batch.rows1):
        for j, row2 in enumerate(batch.rows2):
            scores[i, j] = made.matching.scores(row1[None], row2[None])
    assert ((scores > 0) <= (batch.t1[:, None] == batch.t2).numpy()).all()
    m1, m2 = in_batch(torch.tensor(scores))
    assert torch.allclose(m1.sum(1), torch.ones(len(m1)))
    assert torch.allclose(m2.sum(1), torch.ones(len(m2)))
    v1, v2 = made.network.head("f", h1, 1), made.network.head("f", h2, 2)
    expected = intra(v1, v2, m1, m2, 0.2)
    torch.testing.assert_close(made.losses(batch, h1, h2)["intra"], expected)


@pytest.mark.parametrize(
    ("weight", "moved"),
    [(1.0, {"encoders", "coupling", "f", "g"}), (0.0, {"encoders", "coupling", "f"})],
)
def test_a_step_of_ipic_moves_both_heads(weight: float, moved: set[str]) -> None:
    made, batch = started(IPIC(**SMALL, inter=weight))
    before = {name: p.detach().clone() for name, p in made.network.named_parameters()}
    made.network.train()
    made.step(batch)
    changed = {
        name.removeprefix("heads.").split(".")[0]
        for name, p in made.network.named_parameters()
        if not torch.equal(before[name], p)
    }
    assert changed == moved


def test_noise_that_no_loss_holds_down_stays_a_number() -> None:
    network = objective(IPIC(**SMALL)).network
    bias = list(network.encoders.get_submodule("0").parameters())[-1]
    with torch.no_grad():
        bias[len(bias) // 2 :] = 200.0  # of the log-variances
    h = network.sample(torch.from_numpy(TRAINING.x1), 1, torch.Generator().manual_seed(0))
    assert h.isfinite().all()
    assert network.head("g", h, 1).isfinite().all()


def test_heads_are_separate() -> None:
    """L_intra moves f only, L_inter g only."""
    made, batch = started(IPIC(**SMALL))
    for loss, own, other in (("intra", "f", "g"), ("inter", "g", "f")):
        made.network.zero_grad()
        torch.autograd.backward(made.losses(batch, *encoded(made, batch))[loss])
        weights = {head: made.network.heads[head] for head in (own, other)}
        assert any(p.grad is not None for p in weights[own].parameters())
        assert all(p.grad is None for p in weights[other].parameters())


@pytest.mark.parametrize(("clusters", "count"), [(0.25, 2), (0.5, 2), (1, 3), (2, 6), (4, 12)])
def test_clusters_are_a_multiple_of_the_labels(clusters: float, count: int) -> None:
    made = objective(IPIC(**SMALL, clusters=clusters))
    assert isinstance(made, IPICObjective)
    assert made.n_clusters == count


@pytest.mark.parametrize(("rematch", "times"), [(0, 1), (1, 6), (2, 3), (4, 2)])
def test_rematching_happens_every_r_epochs(
    rematch: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    original = IPICObjective._match

    def counted(self: IPICObjective, matcher: Any, side1: Any, side2: Any) -> Any:
        seen.append(side1.x.shape[1])
        return original(self, matcher, side1, side2)

    monkeypatch.setattr(IPICObjective, "_match", counted)
    fit(IPIC(**SMALL, epochs=6, rematch=rematch, matching_epochs=1))
    assert seen == [DATA.x1.shape[1]] + [4] * (times - 1)


def test_pairs_stay_among_the_rows_trained_on() -> None:
    """Places in the given rows, not in the data, are handed to the sampler."""
    rows1, rows2 = ALL1[::2], ALL2[1::2]
    for learner in (IPIC(**SMALL), MatchOnce(**SMALL), XDC(**SMALL)):
        made, sampler = objective(learner), PairedBatches(ALL1, ALL2, 8)
        made.begin(1, rows1, rows2, sampler)
        pairs = sampler.pairs
        assert set(pairs.rows1) == set(range(len(rows1)))
        assert set(pairs.rows2) == set(range(len(rows2)))
        labels = TRAINING.codes1[rows1][pairs.rows1], TRAINING.codes2[rows2][pairs.rows2]
        assert (labels[0] == labels[1]).all()


def test_the_oracle_trains_on_its_pairs_only() -> None:
    """A cell without partner changes nothing, and the order of rows is that of the pairs."""
    pairs = DATA.pairs()
    learner = learners.get("infonce-paired", **SMALL, epochs=2)
    fit(learner)
    z = learner.transform(DATA.x1, 1)
    strange = DATA.x1.copy()
    strange[np.setdiff1d(ALL1, pairs[0])] += 100
    again = learner.fit(strange, DATA.t1, DATA.x2, DATA.t2, pairs=pairs)  # type: ignore[call-arg]
    assert np.array_equal(again.transform(DATA.x1, 1), z)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (None, "needs pairs"),
        (([0, 1], [0]), "both must be"),
        (([], []), "both must be"),
        (([0, 99], [0, 1]), "each of 50 rows once"),
        (([0, 0], [0, 1]), "each of 50 rows once"),
    ],
)
def test_wrong_pairs_are_named(pairs: Any, message: str) -> None:
    learner = learners.get("infonce-paired", **SMALL, epochs=1)
    with pytest.raises(ParameterError, match=message):
        learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2, pairs=pairs)  # type: ignore[call-arg]


def test_pairs_across_labels_are_an_error() -> None:
    one = np.flatnonzero(DATA.t1 == "drug a")[:1]
    two = np.flatnonzero(DATA.t2 == "drug b")[:1]
    with pytest.raises(ParameterError, match="differing labels"):
        learners.get("infonce-paired").fit(
            DATA.x1,
            DATA.t1,
            DATA.x2,
            DATA.t2,
            pairs=(one, two),  # type: ignore[call-arg]
        )


def test_xdc_classifies_the_partners_cluster_of_this_epoch() -> None:
    made, batch = started(XDC(**SMALL))
    assert isinstance(made, XDCObjective)
    logits1, logits2 = (
        made.network.head("f", h, 1 if m == 0 else 2) for m, h in enumerate(encoded(made, batch))
    )
    c1, c2 = made.clusters[0][batch.rows1], made.clusters[1][batch.rows2]
    assert int(max(c1.max(), c2.max())) < 3
    entropy = torch.nn.functional.cross_entropy
    loss = made.losses(batch, *encoded(made, batch))["cross_cluster"]
    torch.testing.assert_close(loss, 0.5 * (entropy(logits1, c2) + entropy(logits2, c1)))


def test_nce_and_club_against_their_definitions() -> None:
    logits = torch.randn(5, 5, generator=torch.Generator().manual_seed(0)).double()
    t = torch.tensor([0, 0, 1, 1, 1])
    allowed = t[:, None] == t
    bound = contrasted = 0.0
    for i in range(5):
        peers = [j for j in range(5) if t[i] == t[j]]
        for matrix in (logits, logits.T):
            total = sum(float(matrix[i, j].exp()) for j in peers)
            bound -= float((matrix[i, i].exp() / total).log()) / 10
        mean = sum(float(logits[i, j]) for j in peers) / len(peers)
        contrasted += (float(logits[i, i]) - mean) / 5
    assert float(nce(logits, allowed)) == pytest.approx(bound)
    assert float(club(logits, allowed)) == pytest.approx(contrasted)
    everything = torch.ones(5, 5, dtype=torch.bool)
    torch.testing.assert_close(nce(logits), nce(logits, everything))
    torch.testing.assert_close(club(logits), club(logits, everything))


def test_upper_bounds_leave_their_critics_alone() -> None:
    critics = Critics(3, task=2, joined=False, tau=0.2)
    z = torch.randn(4, 3, requires_grad=True)
    torch.autograd.backward(club(critics("unique", z, z, True)))
    assert z.grad is not None
    assert all(parameter.grad is None for parameter in critics.parameters())
    torch.autograd.backward(nce(critics("unique", z.detach(), z.detach())))
    assert any(parameter.grad is not None for parameter in critics.parameters())


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("ipic", {"inter": -1.0}, "inter is -1.0"),
        ("ipic", {"clusters": 0}, "clusters is 0"),
        ("ipic", {"rematch": -1}, "rematch is -1"),
        ("ipic", {"matching": "nearest"}, "matching is 'nearest'; it must be one of ot, snn"),
        ("match-once-ot", {"epsilon": 0.0}, "epsilon is 0.0"),
        ("match-once-snn", {"neighbours": 0}, "neighbours is 0"),
        ("ipic", {"matching_epochs": 0}, "matching_epochs is 0"),
        ("supcon", {"reduction": "max"}, "reduction is 'max'"),
        (
            "wcl",
            {"architecture": "clip"},
            "architecture is 'clip'; it must be one of shared, paper",
        ),
        ("infonce-unpaired", {"output": "v"}, "output is 'v'; it must be one of head, encoder"),
        ("infocore", {"candidates": "none"}, "candidates is 'none'"),
        ("xdc", {"output": "shared"}, "output is 'shared'; it must be one of head, encoder"),
        ("factorcl-sup", {"output": "u"}, "'u'; it must be one of head, shared, encoder"),
        ("xdc", {"clusters": -1.0}, "clusters is -1.0"),
        ("factorcl-ssl", {"masked": 1.0}, "masked is 1.0; it must be at least 0 and below 1"),
        ("factorcl-sup", {"tau": 0.0}, "tau is 0.0"),
    ],
)
def test_wrong_parameters_are_named(name: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        fit(learners.get(name, **params))


def test_the_latents_of_xdc_are_what_its_classifier_reads() -> None:
    learner = XDC(**SMALL, epochs=1)
    z = torch.tensor(fit(learner).transform(DATA.x1, 1))
    network = learner.network_
    *_, classifier = network.get_submodule("heads.f.0").children()
    assert isinstance(network, PairEncoders)
    x = torch.tensor(learner.scalings_[0].apply(DATA.x1))
    with torch.no_grad():
        logits = network.head("f", network.encode(x, 1), 1)
        torch.testing.assert_close(classifier(z), logits)
    assert z.shape == (len(DATA.x1), 4)
    assert logits.shape == (len(DATA.x1), 3)


def test_the_latents_of_factorcl_hold_what_is_unique_and_shared_alone_is_a_choice() -> None:
    whole, shared = (
        fit(FactorCL(**SMALL, epochs=2, output=o)).transform(DATA.x2, 2) for o in OUTPUTS
    )
    np.testing.assert_array_equal(whole[:, :4], shared)
    assert not np.allclose(whole[:, 4:], shared)


def test_factorcl_masks_copies_in_training_only() -> None:
    learner = fit(FactorCL(**SMALL, epochs=1))
    first, second = learner.transform(DATA.x1, 1), learner.transform(DATA.x1, 1)
    assert np.array_equal(first, second)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", PAIRED)
def test_they_train_on_a_gpu(name: str) -> None:
    learner = learners.get(name, **SMALL, epochs=3)
    handed: dict[str, Any] = {"pairs": DATA.pairs()} if name == "infonce-paired" else {}
    learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2, device="cuda", **handed)
    assert np.isfinite(learner.transform(DATA.x1, 1)).all()


def rank_of_partners(name: str, **params: Any) -> float:
    """Mean share of a test cell's peers that are nearer to it, by cosine, than its partner."""
    cells = simulate(60, per_condition=60, widths=(150, 80))
    test = held_out(cells.t, 0)
    rows1 = np.flatnonzero(~test)
    rows2 = np.random.default_rng(0).permutation(rows1)
    paired = name == "infonce-paired"
    pairs = (np.searchsorted(rows1, rows2), np.arange(len(rows2)))
    handed: dict[str, Any] = {"pairs": pairs} if paired else {}
    same: dict[str, Any] = {"steps": 80, "lr": 1e-3, "standardise": True}
    learner = learners.get(name, dim=32, batch_size=100, **same, **params)
    learner.fit(cells.x1[rows1], cells.t[rows1], cells.x2[rows2], cells.t[rows2], **handed)
    z1, z2 = learner.transform(cells.x1[test], 1), learner.transform(cells.x2[test], 2)
    one, two = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in (z1, z2))
    return matched_within_labels(one, two, cells.t[test])


def test_matching_finds_partners_and_true_pairs_are_the_ceiling() -> None:
    ranks = {n: rank_of_partners(n) for n in ("ipic", "infonce-paired", "infonce-unpaired")}
    assert ranks["infonce-paired"] < ranks["ipic"] < ranks["infonce-unpaired"] < 0.5
