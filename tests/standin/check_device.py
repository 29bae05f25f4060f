"""The stand-in refuses what an accelerator refuses, and sees what crosses over."""

import numpy as np
import pytest
import torch

from tests.standin.device import fetched, needs_standin, standin

pytestmark = needs_standin

MIXED = r"expected all tensors on|same device"


def trained(device: str) -> tuple[list[float], list[torch.Tensor]]:
    """Losses and gradients of a small network."""
    torch.manual_seed(0)
    layers = (
        torch.nn.Linear(3, 8),
        torch.nn.BatchNorm1d(8),
        torch.nn.ReLU(),
        torch.nn.Linear(8, 2),
    )
    network, x = torch.nn.Sequential(*layers), torch.randn(20, 3)
    network, x = network.to(device), x.to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01, fused=True)
    losses = []
    for _ in range(4):
        optimiser.zero_grad()
        loss = network(x).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    gradients = [one.grad for one in network.parameters()]
    return [float(loss) for loss in losses], [one.cpu() for one in gradients if one is not None]


def test_numbers_are_those_of_the_cpu_to_the_last_bit() -> None:
    with standin():
        there, gradients = trained("standin")
    here, own = trained("cpu")
    assert there == here
    assert all(torch.equal(one, other) for one, other in zip(gradients, own, strict=True))


def test_views_share_their_numbers() -> None:
    with standin():
        x = torch.zeros(3, 4, device="standin")
        x[1:, 2] += 1
        x.T[0].fill_(5)
        assert x.device.type == "standin"
    np.testing.assert_array_equal(x.cpu().numpy(), [[5, 0, 0, 0], [5, 0, 1, 0], [5, 0, 1, 0]])


def test_a_tensor_of_the_cpu_in_a_loss_is_refused() -> None:
    """A planted bug: targets that were left behind."""
    with standin():
        logits, target = torch.zeros(5, 3, device="standin"), torch.zeros(5, dtype=torch.long)
        with pytest.raises(RuntimeError, match=MIXED):
            torch.nn.functional.cross_entropy(logits, target)
        with pytest.raises(RuntimeError, match=MIXED):
            _ = logits + torch.ones(3)


def test_a_generator_of_the_cpu_is_refused() -> None:
    """A planted bug: noise from the generator of the weights."""
    with standin():
        x = torch.zeros(4, device="standin")
        right = torch.Generator("standin").manual_seed(1)
        wrong = torch.Generator().manual_seed(1)
        assert x.normal_(generator=right).device.type == "standin"
        with pytest.raises(RuntimeError, match="expected a standin generator"):
            x.normal_(generator=wrong)


def test_arrays_are_refused() -> None:
    """A planted bug: NumPy in a loop."""
    with standin():
        x = torch.zeros(4, device="standin")
        with pytest.raises((RuntimeError, TypeError)):
            x.numpy()
        with pytest.raises((RuntimeError, TypeError)):
            np.asarray(x)


def test_what_crosses_over_is_counted_with_its_line() -> None:
    with standin() as transfers:
        x = torch.ones(4).to("standin")
        assert dict(transfers) == {("to device", ""): 1}
        for _ in range(3):
            x = x + 1
        assert fetched(transfers) == 0
        total = float(x.sum())
        values = x.tolist()
    assert (total, values) == (16.0, [4.0] * 4)
    assert {kind: count for (kind, _), count in transfers.items()} == {
        "to device": 1,
        "value": 1,
        "to host": 1,
    }
