"""scikit-learn's estimator contract, without importing scikit-learn to keep it.

scikit-learn asks for methods, not for a base class. Importing it takes a second and
60 MiB (scipy.stats above all), which a daemon that never calls it should not pay; so
it is imported where something of it is needed: to say what an estimator is like, and
to check values from elsewhere. Its own checks prove that nothing is missing
(`parametrize_with_checks` in the tests).
"""

from __future__ import annotations

import inspect
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix


class Estimator:
    """What scikit-learn expects of an estimator whose parameters are plain values."""

    @classmethod
    def _names(cls) -> list[str]:
        return sorted(set(inspect.signature(cls.__init__).parameters) - {"self"})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; none of them has parameters of its own."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters; raises `ValueError` for one that there is not."""
        for name, value in params.items():
            if name not in self._names():
                raise ValueError(
                    f"{type(self).__name__} has no parameter '{name}', only "
                    f"{', '.join(self._names())}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names())
        return f"{type(self).__name__}({given})"

    def __sklearn_tags__(self) -> Any:
        """Say what kind of estimator this is."""
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            input_tags=InputTags(),
        )

    def _rows(self, X: Any, *, reset: bool, least: int) -> csr_matrix:
        """Return `X` as float32 rows, at least `least`; raises `ValueError`.

        `reset` says that these are the first; others must have as many columns.
        """
        if (
            isinstance(X, csr_matrix)
            and X.dtype == np.float32
            and X.shape[0] >= max(least, 1)
            and (reset or X.shape[1] == getattr(self, "n_features_in_", None))
            and not hasattr(self, "feature_names_in_")
            and np.isfinite(X.data).all()
        ):
            self.n_features_in_ = X.shape[1]
            return X
        from sklearn.utils.validation import validate_data

        return csr_matrix(
            validate_data(
                self,
                X,
                accept_sparse="csr",
                dtype=np.float32,
                reset=reset,
                ensure_min_samples=least,
            )
        )


class Clusterer(Estimator):
    """An estimator that gives labels."""

    def fit_predict(self, X: Any, y: object = None, **options: Any) -> Any:
        """Fit, and return the label of each row."""
        return self.fit(X, **options).labels_  # type: ignore[attr-defined]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "clusterer"
        return tags


class Transformer(Estimator):
    """An estimator that makes rows of what it is given."""

    def fit_transform(self, X: Any, y: object = None) -> Any:
        """Fit, and return the rows of the same input."""
        return self.fit(X).transform(X)  # type: ignore[attr-defined]

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import TransformerTags

        tags = super().__sklearn_tags__()
        tags.transformer_tags = TransformerTags()
        return tags
