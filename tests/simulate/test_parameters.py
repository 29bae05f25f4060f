"""Law: a simulation's constants are either meaningful or refused in one line that names them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate import Parameters
from weakpair.errors import ParameterError

WRONG = [
    ({"shared": 1.2}, "shared=1.2"),
    ({"shared": -0.1}, "shared=-0.1"),
    ({"shared": float("nan")}, "shared=nan"),
    ({"shared": True}, "shared=True"),
    ({"n_conditions": 0}, "n_conditions=0"),
    ({"n_conditions": 1}, "n_conditions=1"),
    ({"scale": -1}, "scale=-1"),
    ({"scale": "wide"}, "scale='wide'"),
    ({"snr": 0}, "snr=0"),
    ({"scale": float("inf")}, "scale=inf"),
    ({"latent_dim": 0}, "latent_dim=0"),
    ({"features1": 2.5}, "features1=2.5"),
    ({"features2": 0}, "features2=0"),
    ({"min_effect": -3}, "min_effect=-3"),
    ({"noise_log_sd": float("inf")}, "noise_log_sd=inf"),
    ({"noise_log_sd_spread": 0}, "noise_log_sd_spread=0"),
    ({"penetrance": (1, 0)}, r"penetrance\[1\]=0"),
    ({"penetrance": (1, 2, 3)}, "penetrance="),
    ({"effect_gamma": 1}, "effect_gamma=1"),
    ({"cells_per_condition": 0}, "cells_per_condition=0"),
    ({"cells_per_condition": (100, 100)}, "2 numbers for 10 conditions"),
    ({"cells_per_condition": (5,) * 9 + (0,)}, r"cells_per_condition\[9\]=0"),
]


@pytest.mark.parametrize(("wrong", "named"), WRONG)
def test_nonsense_is_refused_in_one_line(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(ParameterError, match=named) as caught:
        Parameters(**wrong)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("shared", "dims"), [(1.0, (10, 0)), (0.8, (8, 2)), (0.5, (5, 5))])
def test_shared_fractions_of_the_paper_give_its_dimensions(
    shared: float, dims: tuple[int, int]
) -> None:
    p = Parameters(shared=shared)
    assert (p.shared_dims, p.specific_dims) == dims


@given(shared=st.floats(0, 1), latent_dim=st.integers(1, 50))
def test_dimensions_add_up_and_round_to_the_nearest(shared: float, latent_dim: int) -> None:
    p = Parameters(shared=shared, latent_dim=latent_dim)
    assert p.shared_dims + p.specific_dims == latent_dim
    assert min(p.shared_dims, p.specific_dims) >= 0
    assert abs(p.shared_dims - shared * latent_dim) <= 0.5 + 1e-9


def test_the_defaults_are_the_papers_design() -> None:
    p = Parameters()
    assert (p.n_perturbations, p.n_cells, p.features1, p.features2) == (9, 1000, 1000, 500)
    assert p.groups[:2] == ("control", "perturbation-1")
    assert len(p.groups) == 10


def test_values_mean_the_same_however_they_are_spelled() -> None:
    spelled = Parameters(shared=1, penetrance=[1, 10], cells_per_condition=[3] * 10)  # type: ignore[arg-type]
    assert spelled == Parameters(shared=1.0, cells_per_condition=(3,) * 10)
    assert repr(spelled.shared) == "1.0"
    assert hash(spelled) == hash(Parameters(cells_per_condition=(3,) * 10))
