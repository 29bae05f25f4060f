"""A look at values: what is counts, what is uneven, what is dead; and that remedies mend it."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import ArrayLike

from benchmark.datasets import Dataset, Pipeline, make_dataset, make_samples, parse_steps
from benchmark.datasets.facts import Facts
from benchmark.datasets.inspection import Finding, look
from benchmark.datasets.preprocessing.pipeline import STEPS, preprocess_rows, spell
from benchmark.datasets.preprocessing.presets import PRESETS
from weakpair.errors import ConfigError

RNG = np.random.default_rng(0)
ROWS = 40


def dataset(x: ArrayLike) -> Dataset:
    """The values as modality 1; modality 2 is well behaved."""
    values = np.asarray(x)
    labels, ids = np.arange(ROWS) % 4, np.arange(ROWS)
    both = [
        make_samples(v, labels, ids, [f"f{k}" for k in range(v.shape[1])], where="test")
        for v in (values, RNG.normal(size=(ROWS, 3)))
    ]
    return make_dataset("test", both[0], both[1])


def seen(x: ArrayLike) -> Finding:
    first, second = look(dataset(x))
    assert second.line("other") == ""
    return first


GOOD = RNG.normal(size=(ROWS, 12))
COUNTS = RNG.poisson(30, (ROWS, 12))


@pytest.mark.parametrize(
    ("x", "remedy", "words"),
    [
        (COUNTS, "protein", "raw counts"),
        (RNG.poisson(0.2, (ROWS, 600)), "rna", "or atac"),
        (RNG.poisson(0.3, (ROWS, 40)), "protein", "raw counts"),
        (GOOD, "none", ""),
        (GOOD + 7, "none", ""),
        (np.log1p(COUNTS), "none", ""),
        (GOOD > 0, "none", ""),
        (RNG.integers(1, 7, (ROWS, 12)), "none", ""),
        (RNG.integers(0, 3, (ROWS, 600)), "none", ""),
        (RNG.poisson(1.5, (ROWS, 600)), "rna", "raw counts"),
        (GOOD * 1e5, "zscore", "values up to"),
        (GOOD * np.geomspace(1e-2, 1e2, 12), "zscore", "scales differ"),
        (GOOD * np.where(np.arange(12) == 3, 30, 1), "zscore", "scales differ"),
        (-COUNTS, "none", ""),
        (COUNTS + 0.5, "none", ""),
    ],
)
def test_values_ask_for_their_remedy(x: ArrayLike, remedy: str, words: str) -> None:
    found = seen(x)
    assert found.remedy == remedy
    line = found.line("RNA")
    assert words in line
    assert bool(line) == bool(words)
    if remedy != "none":
        assert f"--preprocess1 {remedy}" in line


@pytest.mark.parametrize("x", [COUNTS, GOOD * 1e5, GOOD * np.geomspace(1e-2, 1e2, 12)])
def test_the_remedy_leaves_nothing_to_complain_of(x: ArrayLike) -> None:
    data = dataset(x)
    before = look(data)[0]
    fitted = Pipeline(parse_steps(before.remedy)).fit(data.modality1.x, data.modality1.features)
    assert seen(fitted.apply(data.modality1.x)).remedy == "none"


def test_constant_features_are_counted() -> None:
    x = GOOD.copy()
    x[:, [2, 5]] = 0.1
    assert seen(x).constant == 2
    assert "2 of 12 features are constant" in seen(x).line("RNA")
    assert seen(np.ones((ROWS, 2))).line("RNA").startswith("RNA: 2 of 2 features are constant")


def test_blocks_of_rows_see_what_the_whole_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = look(dataset(COUNTS))[0]
    monkeypatch.setattr("benchmark.datasets.inspection._BLOCK", 30)
    parts = look(dataset(COUNTS))[0]
    assert parts.counts
    assert (parts.spread, parts.share) == pytest.approx((whole.spread, whole.share), rel=1e-12)
    uneven = COUNTS.astype(float)
    uneven[-1, -1] += 0.5
    assert not look(dataset(uneven))[0].counts


def test_facts_are_plain_and_lead_back_to_findings() -> None:
    data = dataset(COUNTS)
    facts = Facts.of(data)
    assert Facts.from_plain(json.loads(json.dumps(asdict(facts)))) == facts
    assert (facts.cells, facts.pairs, facts.pairing) == ((ROWS, ROWS), ROWS, "ids")
    assert (facts.groups, facts.smallest, facts.smallest_cells) == (4, "0", (10, 10))
    assert facts.findings == look(data)


@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize("shape", [(3, 2), (ROWS, 7), (5, 60)])
def test_no_preset_fails_on_the_size_of_the_data(name: str, shape: tuple[int, int]) -> None:
    x = RNG.poisson(2, shape).astype(np.float32)
    steps = parse_steps(name)
    fitted = Pipeline(steps).fit(x, [f"f{k}" for k in range(shape[1])])
    assert np.isfinite(fitted.apply(x)).all()
    assert parse_steps(spell(steps)) == steps


def test_a_preset_is_its_steps_wherever_steps_stand() -> None:
    steps = parse_steps("normalize-total, log1p, hvg(n=2000), zscore")
    assert parse_steps("rna") == steps
    assert parse_steps(["rna", "pca(n=5)"]) == (*steps, *parse_steps("pca(n=5)"))
    with pytest.raises(ConfigError, match="auto looks at the data"):
        parse_steps("auto")
    with pytest.raises(ConfigError, match="did you mean 'protein'"):
        parse_steps("proteins")


def test_every_step_and_preset_is_listed_with_its_parameters() -> None:
    rows = {name: (what, params) for name, what, params in preprocess_rows()}
    assert set(rows) == {*STEPS, *PRESETS}
    assert rows["hvg"][1] == "n=2000, bins=20"
    assert all(what for what, _ in rows.values())
