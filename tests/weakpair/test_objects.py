"""Fitted objects as words and arrays: the same to the bit, and nothing is executed."""

import json

import numpy as np
import pytest

import learners
from learners.command import CommandLearner
from weakpair.errors import DataError, ParameterError
from weakpair.files.objects import Parts, pack, put_together, take_apart, unpack

RNG = np.random.default_rng(0)
LABELS = np.repeat(["a", "b", "c", "d"], 12)
X1, X2 = (
    (RNG.normal(size=(48, k)) + np.repeat(RNG.normal(size=(4, k)), 12, axis=0)).astype("f4")
    for k in (9, 7)
)
WRITTEN = sorted(
    name
    for name in learners.names()
    if learners.REGISTRY.entry(name).reads == "features"
    and not learners.REGISTRY.entry(name).needs_pairing
    and name not in ("command", "forest")
)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_learner_that_was_written_maps_cells_to_the_same_bits(name: str) -> None:
    short = {"steps": 2} if "steps" in learners.get(name).get_params() else {}
    fitted = learners.get(name, **short).fit(X1, LABELS, X2, LABELS, seed=3)
    again = put_together(unpack(pack(take_apart(fitted))))
    assert repr(again) == repr(fitted)
    for x, modality in ((X1[:5], 1), (X2[:5], 2)):
        np.testing.assert_array_equal(
            again.transform(x, modality),
            fitted.transform(x, modality),  # type: ignore[arg-type]
        )
    assert again.report_ == fitted.report_


def test_what_is_no_number_and_no_word_is_refused_by_name() -> None:
    forest = learners.get("forest").fit(X1, LABELS, X2, LABELS)
    with pytest.raises(ParameterError, match="RandomForestClassifier cannot be written"):
        take_apart(forest)
    with pytest.raises(ParameterError, match="CommandLearner cannot be written"):
        take_apart(CommandLearner("true"))
    with pytest.raises(ParameterError, match="Python objects"):
        take_apart([np.array([object()])])


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "learners.command.CommandLearner",
        "subprocess.Popen",
        "learners.neural.networks.Tensor",
        "torch.nn.modules.module.Module",
    ],
)
def test_no_class_but_ours_is_made_whatever_a_file_says(name: str) -> None:
    with pytest.raises(DataError, match=r"not one of ours|is no class|damaged"):
        put_together(Parts({"object": name, "state": {"dict": []}}))


@pytest.mark.parametrize("tree", [{"object": "learners.no.Such"}, {"array": 7}, {"what": 1}, {}])
def test_a_damaged_tree_is_one_line(tree: object) -> None:
    with pytest.raises(DataError, match="damaged"):
        put_together(Parts(json.loads(json.dumps(tree))))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all"])
def test_bytes_of_something_else_are_one_line(content: bytes) -> None:
    with pytest.raises(DataError, match="no fitted method"):
        unpack(content)
