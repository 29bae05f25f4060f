"""Convolutional encoders: what they see, which features they refuse, and that they can learn."""

import numpy as np
import pytest
import torch

import learners
from learners.neural.encoders import ENCODERS, ConvTrunk, trunks
from learners.neural.learner import torch_device
from learners.neural.networks import build
from learners.neural.together import can_join, member, train_together
from simulate.balls import BallParameters, draw_balls
from weakpair.errors import ParameterError

EDGE = 16
WIDTH = 3 * EDGE**2
CPU = torch_device("cpu")


def trunk(width: int = WIDTH, hidden: int = 64, out: int = 5) -> ConvTrunk:
    generator = torch.Generator().manual_seed(0)
    return build(lambda: ConvTrunk(width, hidden, out), generator, CPU).eval()


def images(n: int, edge: int = EDGE) -> torch.Tensor:
    return torch.rand(n, edge, edge, 3, generator=torch.Generator().manual_seed(1))


def test_channels_are_those_of_the_paper_at_its_size() -> None:
    layers = [m for m in trunk(3 * 128**2, 512, 12).modules() if isinstance(m, torch.nn.Conv2d)]
    assert [layer.out_channels for layer in layers] == [32, 64, 128, 256, 512]
    assert {layer.stride for layer in layers} == {(2, 2)}


@pytest.mark.parametrize("edge", [4, 9, 16, 64])
def test_every_size_gives_the_output_that_was_asked_for(edge: int) -> None:
    assert trunk(3 * edge**2)(images(2, edge).flatten(1)).shape == (2, 5)


def test_features_are_pixels_row_by_row_with_their_channels_side_by_side() -> None:
    given = images(3)
    network = trunk()
    want = network.layers(given.permute(0, 3, 1, 2).contiguous())
    torch.testing.assert_close(network(given.flatten(1)), want)


def test_weights_come_from_the_generator_within_the_bound_of_their_inputs() -> None:
    one, two = trunk(), trunk()
    for (name, a), b in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    first = next(m for m in one.modules() if isinstance(m, torch.nn.Conv2d))
    assert float(first.weight.detach().abs().max()) <= 27**-0.5


def test_each_modality_has_the_kind_that_its_half_of_the_word_says() -> None:
    kinds = {kind: [type(t) for t in trunks(kind, (WIDTH, WIDTH), 32, 4)] for kind in ENCODERS}
    dense = type(trunks("mlp", (WIDTH, WIDTH), 32, 4)[0])
    assert kinds == {
        "mlp": [dense, dense],
        "conv": [ConvTrunk, ConvTrunk],
        "conv-mlp": [ConvTrunk, dense],
        "mlp-conv": [dense, ConvTrunk],
    }


def drawn(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    balls = draw_balls(
        BallParameters(size=EDGE, n=n, discs=0, ball_radius=0.1, square_side=0.2, values=(0.3, 0.7))
    )
    one, two = (view.reshape(n, -1).astype(np.float32) / 255 for view in (balls.view1, balls.view2))
    return one, two, balls.labels


@pytest.mark.parametrize("name", ["ps", "groove-cosine", "davae", "ipic", "match-once-ot"])
def test_learners_map_images_of_one_or_of_both_modalities(name: str) -> None:
    one, two, t = drawn(80)
    known = learners.get(name).get_params()
    quick = {
        k: v for k, v in {"steps": 2, "hidden": 16, "matching_epochs": 1}.items() if k in known
    }
    both = learners.get(name, encoder="conv", **quick).fit(one, t, two, t, seed=1)
    first = learners.get(name, encoder="conv-mlp", **quick).fit(one, t, two[:, :7], t, seed=1)
    assert both.transform(one, 1).shape == first.transform(two[:, :7], 2).shape
    assert np.isfinite(both.transform(two, 2)).all()


def test_a_classifier_with_convolutions_learns_where_balls_are() -> None:
    one, two, t = drawn(500)
    kinds = np.unique(t)
    fitted = learners.get("ps", encoder="conv", hidden=64, steps=40, lr=3e-3).fit(
        one[:400], t[:400], two[:400], t[:400]
    )
    for x, modality in ((one, 1), (two, 2)):
        right = kinds[fitted.transform(x[400:], modality).argmax(axis=1)] == t[400:]  # type: ignore[arg-type]
        assert right.mean() > 3 / len(kinds)


def test_networks_with_convolutions_can_be_trained_together() -> None:
    one, two, t = drawn(80)
    alone, joined = (
        [learners.get("ps", encoder="conv", steps=3, lr=1e-4) for _ in range(2)] for _ in range(2)
    )
    assert all(map(can_join, joined))
    members = []
    for seed, (single, part) in enumerate(zip(alone, joined, strict=True)):
        single.fit(one, t, two, t, seed=seed)
        assert can_join(part)
        members.append(member(part, part.start(one, t, two, t, seed=seed)))
    assert all(train_together(members, CPU))
    for single, part in zip(alone, joined, strict=True):
        want = single.transform(one, 1)
        np.testing.assert_allclose(part.transform(one, 1), want, atol=2e-2 * want.std())


def test_features_that_are_no_square_images_are_refused_in_one_line() -> None:
    one, _, t = drawn(20)
    with pytest.raises(ParameterError, match=r"square images of 3 channels.*there are 100$"):
        learners.get("ps", encoder="conv").fit(one[:, :100], t, one[:, :100], t)


def test_a_linear_encoder_has_no_convolutions() -> None:
    one, two, t = drawn(20)
    with pytest.raises(ParameterError, match="architecture 'shared'"):
        learners.get("ipic", encoder="conv", architecture="paper").fit(one, t, two, t)


def test_a_kind_that_nobody_knows_is_refused() -> None:
    one, two, t = drawn(20)
    with pytest.raises(ParameterError, match="encoder is 'resnet'"):
        learners.get("ps", encoder="resnet").fit(one, t, two, t)
