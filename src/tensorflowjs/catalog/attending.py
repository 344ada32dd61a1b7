"""What attention gives a query that may look at nothing: by class and version of Keras."""

from __future__ import annotations

from dataclasses import dataclass

from tensorflowjs.catalog import masks as table


@dataclass(frozen=True)
class Blind:
    """What Keras does where a query may look at nothing.

    It forgets the scores, so that all values count alike; or it gives weights of zero in the end; or neither, and
    what counts is the softmax of the scores as if everything was allowed.
    """

    forgets_scores: bool = False
    gives_nothing: bool = False

    @classmethod
    def of_heads(cls, class_name: str, version: str, is_fused: bool) -> Blind:
        """That of attention with heads; `is_fused` if nothing forbids newer versions to compute it in one go."""
        number = table.version(version)
        if is_fused and number >= ((3, 6) if class_name == "GroupedQueryAttention" else (3, 7)):
            return cls(forgets_scores=True)
        return cls(forgets_scores=number >= (3, 13), gives_nothing=number >= (3, 10))


NEITHER = Blind()
