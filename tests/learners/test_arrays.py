"""What counts as features: the numbers, in whatever container they come."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import learners
from learners.arrays import as_float32
from learners.conformance.toys import toy
from weakpair.errors import ParameterError

X = np.array([[0.0, 1.5], [2.0, 0.0], [0.0, -3.0]])
FRAMES: Any = pd.DataFrame
FORMS: dict[str, Any] = {
    "csr matrix": sparse.csr_matrix(X),
    "csc matrix": sparse.csc_matrix(X),
    "coo array": sparse.coo_array(X),
    "csr array": sparse.csr_array(X.astype(np.float32)),
    "matrix": np.asmatrix(X),
    "frame": pd.DataFrame(X),
    "sparse frame": FRAMES.sparse.from_spmatrix(sparse.csr_matrix(X)),
    "nullable frame": pd.DataFrame(X).convert_dtypes(),
    "list": X.tolist(),
    "objects": X.astype(object),
    "half": X.astype(np.float16),
    "double, in columns": np.asfortranarray(X),
    "long double": X.astype(np.longdouble),
    "masked, none of it": np.ma.masked_array(X, mask=np.zeros_like(X, dtype=bool)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_container_holds_the_same_numbers(form: str) -> None:
    array = as_float32(FORMS[form], "x1")
    assert type(array) is np.ndarray
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, X.astype(np.float32))


@pytest.mark.parametrize("kind", [np.bool_, np.int8, np.uint16, np.int64])
def test_whole_numbers_and_booleans_are_numbers(kind: Any) -> None:
    given = np.array([[0, 1], [1, 1]]).astype(kind)
    np.testing.assert_array_equal(as_float32(sparse.csr_array(given), "x"), [[0, 1], [1, 1]])
    np.testing.assert_array_equal(as_float32(given, "x"), [[0, 1], [1, 1]])


def test_float32_is_handed_on_and_not_copied() -> None:
    given = np.ones((3, 2), np.float32)
    assert as_float32(given, "x1") is given


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.ma.masked_greater(X, 1.6), "x1 row 1 holds masked values; fill them"),
        (X + 1j, "x1 holds values of type complex128; they must be numbers"),
        (sparse.csr_matrix(X + 1j), "x1 holds values of type complex128"),
        ((X + 1j).astype(object), r"x1 row 0 holds 1j; features must be numbers"),
        (X * 1e300, r"x1 row 0 holds 1.5e\+300, too large for float32"),
        (sparse.csr_matrix(X * 1e300), r"x1 row 0 holds 1.5e\+300, too large"),
        (X.astype(str), "x1 holds values of type <U32; they must be numbers"),
        (pd.DataFrame({"a": ["1", "2"], "b": [1, 2]}), "x1 row 0 holds '1'; features must be"),
        ([[None, object()]], "x1 holds values that are no numbers"),
        ([[1.0], [1.0, 2.0]], r"x1 cannot be read as \(cells, features\)"),
        (np.array([["2026-01-01"]], dtype="M8[D]"), "x1 holds values of type datetime64"),
        (pd.DataFrame({"a": [1, None]}, dtype="Int64"), "x1 (row 1 )?holds"),
    ],
)
def test_what_is_no_number_is_refused_in_one_line(bad: Any, message: str) -> None:
    x2 = np.ones((len(bad) if isinstance(bad, list) else bad.shape[0], 2))
    labels = ["a"] * len(x2)
    with pytest.raises(ParameterError, match=message) as caught:
        learners.get("pca").fit(bad, labels, x2, labels)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["lda", "pca", "none", "ps"])
def test_sparse_features_fit_and_transform_as_dense_ones(name: str) -> None:
    data = toy()
    params = {"epochs": 2} if name == "ps" else {}
    dense = learners.get(name, **params).fit(data.x1, data.t1, data.x2, data.t2)
    csr: Any = (sparse.csr_matrix(data.x1), data.t1, sparse.csc_array(data.x2), data.t2)
    fitted = learners.get(name, **params).fit(*csr)
    np.testing.assert_array_equal(fitted.transform(csr[0], 1), dense.transform(data.x1, 1))
