"""Held-out windows cut into two halves, with which samples are compared."""

import numpy as np
import pytest

from musicae.errors import DataError
from musicae.music.evaluation.samples import halves


def test_halves_are_blocks_of_neighbours() -> None:
    rows = np.arange(1000)
    first, second = halves(rows, None)
    assert sorted([*first, *second]) == rows.tolist() and (len(first), len(second)) == (520, 480)
    assert first[:41].tolist() == [*range(40), 80] and second[0] == 40
    few = halves(rows, 100)
    assert [len(half) for half in few] == [50, 50] and set(few[0]) <= set(first) and set(few[1]) <= set(second)
    assert [half.tolist() for half in halves(np.arange(2), None)] == [[0], [1]]
    for count, limit in ((1, None), (9, 1)):
        with pytest.raises(DataError, match="two halves of the windows"):
            halves(np.arange(count), limit)
