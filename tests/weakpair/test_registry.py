"""Names of methods: what a registry answers to a right, a wrong and a foreign name."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from weakpair.errors import ParameterError, UnknownNameError
from weakpair.params import Parametrised
from weakpair.registry import Entry, Registry


class Ridge(Parametrised):
    """A method with parameters."""

    def __init__(self, alpha: float = 1.0, beta: str = "b") -> None:
        self.alpha = alpha
        self.beta = beta


def registry() -> Registry[Ridge]:
    here = "tests.weakpair.test_registry:Ridge"
    strong = Entry[Ridge]("strong-ridge", here, "", fixed=(("alpha", 9.0),))
    return Registry("method", "weakpair.nothing", (Entry("ridge", here, ""), strong))


def test_a_name_gives_a_method_and_a_variant_its_own_defaults() -> None:
    assert registry().get("ridge").alpha == 1.0
    assert registry().get("strong-ridge").alpha == 9.0
    assert registry().get("strong-ridge", alpha=2.0).alpha == 2.0
    assert registry().names() == ["ridge", "strong-ridge"]


def test_a_wrong_name_or_parameter_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'ridge'"):
        registry().get("rigde")
    with pytest.raises(ParameterError, match="did you mean 'alpha'"):
        registry().get("ridge", alhpa=2.0)


def test_a_class_is_named_by_its_module() -> None:
    assert registry().get("tests.weakpair.test_registry:Ridge", beta="c").beta == "c"
    with pytest.raises(UnknownNameError, match="did you mean 'Ridge'"):
        registry().get("tests.weakpair.test_registry:Rigde")
    with pytest.raises(ParameterError, match="no module 'nowhere'"):
        registry().get("nowhere:Ridge")


def test_a_module_of_the_current_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "from tests.weakpair.test_registry import Ridge\n\n\nclass Own(Ridge):\n    pass\n"
    (tmp_path / "own_method_of_a_test.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["", *sys.path[1:]])
    entry = registry().entry("own_method_of_a_test:Own")
    assert isinstance(entry.make(), Ridge)
    assert len(entry.source_digest()) == 64


def test_an_error_inside_a_module_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_nothing_there.py").write_text("import nothing_of_that_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ParameterError, match="needs 'nothing_of_that_name'") as caught:
        registry().get("needs_nothing_there:Own")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_an_installed_package_adds_its_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("theirs", "tests.weakpair.test_registry:THEIRS", "weakpair.nothing")
    monkeypatch.setattr("weakpair.registry.catalogue.entry_points", lambda group: [point])
    assert registry().get("theirs").alpha == 3.0
    assert "theirs" in registry().names()


def test_parameters_are_as_in_scikit_learn() -> None:
    from sklearn.base import clone

    ridge = Ridge(alpha=2.0)
    assert ridge.get_params() == {"alpha": 2.0, "beta": "b"}
    assert repr(clone(ridge)) == "Ridge(alpha=2.0)"
    assert ridge.set_params(beta="c").beta == "c"
    with pytest.raises(ParameterError, match="did you mean 'beta'"):
        ridge.set_params(betta="c")


THEIRS = Entry[Ridge]("theirs", "tests.weakpair.test_registry:Ridge", "", fixed=(("alpha", 3.0),))


def test_a_broken_package_costs_its_own_names_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ends_the_process.py").write_text("raise SystemExit(0)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    points = [
        EntryPoint("ends", "ends_the_process:ENTRY", "g"),
        EntryPoint("gone", "no_such_module:ENTRY", "g"),
        EntryPoint("other", "tests.weakpair.test_registry:Ridge", "g"),
        EntryPoint("good", "tests.weakpair.test_registry:GOOD", "g"),
    ]
    monkeypatch.setattr("weakpair.registry.catalogue.entry_points", lambda group: points)
    known = registry()
    assert known.names() == ["ridge", "strong-ridge", "good"]
    assert set(known.broken()) == {"ends", "gone", "other"}
    with pytest.raises(ParameterError, match="'ends' cannot be loaded: ends_the_process:ENTRY"):
        known.get("ends")
    with pytest.raises(ParameterError, match=r"must be a weakpair\.registry\.Entry"):
        known.get("other")
    with pytest.raises(UnknownNameError, match="did you mean 'ridge'"):
        known.get("rigde")


GOOD = Entry[Ridge]("good", "tests.weakpair.test_registry:Ridge", "")
