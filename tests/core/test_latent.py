"""Lines, great circles and paths between codes."""

import itertools
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from musicae.core.latent import lerp, path, respace, slerp
from musicae.errors import ParameterError

SEEDS = st.integers(0, 2**32 - 1)
ALPHAS = st.floats(0, 1)


def pair(seed: int, size: int = 8, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw two codes of different lengths."""
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(2, size, generator=generator, dtype=dtype)
    return 3 * a, b


@given(SEEDS, ALPHAS)
def test_lerp_is_the_straight_line(seed: int, alpha: float) -> None:
    a, b = pair(seed)
    torch.testing.assert_close(lerp(a, b, alpha), (1 - alpha) * a + alpha * b)


@given(SEEDS, ALPHAS)
def test_slerp_interpolates_length_and_angle(seed: int, alpha: float) -> None:
    a, b = pair(seed)
    c = slerp(a, b, alpha)
    torch.testing.assert_close(c.norm(), lerp(a.norm(), b.norm(), alpha))
    whole = torch.acos(torch.cosine_similarity(a, b, dim=0))
    # Cosines near 1 keep half the digits of an angle.
    torch.testing.assert_close(
        torch.acos(torch.cosine_similarity(a, c, dim=0).clamp(max=1)), alpha * whole, atol=1e-6, rtol=1e-6
    )


def test_slerp_worked_example() -> None:
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    torch.testing.assert_close(slerp(a, b, 0.5), 3 * torch.tensor([0.5, 0.5]).sqrt())
    torch.testing.assert_close(slerp(a, b, torch.tensor(1 / 3)), 8 / 3 * torch.tensor([0.75, 0.25]).sqrt())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_slerp_ends_at_its_ends(dtype: torch.dtype) -> None:
    a, b = pair(1, 64, dtype)
    torch.testing.assert_close(slerp(a, b, 0.0), a)
    torch.testing.assert_close(slerp(a, b, 1.0), b)


A = pair(2, dtype=torch.float32)[0]
UNDEFINED = {
    "equal": (A, A),
    "same direction": (A, 2 * A),
    "opposite": (A, -A),
    "opposite and longer": (A, -3 * A),
    "zero to code": (torch.zeros(8), A),
    "code to zero": (A, torch.zeros(8)),
    "both zero": (torch.zeros(8), torch.zeros(8)),
    "nearly zero": (1e-30 * A, A),
}


@pytest.mark.parametrize("name", UNDEFINED)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_slerp_takes_the_straight_line_where_no_circle_is_defined(name: str, dtype: torch.dtype) -> None:
    a, b = (code.to(dtype) for code in UNDEFINED[name])
    for alpha in torch.linspace(0, 1, 9):
        torch.testing.assert_close(slerp(a, b, alpha), lerp(a, b, alpha.to(dtype)), atol=1e-3, rtol=1e-3)


@given(SEEDS, st.floats(0, 1e-3), ALPHAS)
def test_slerp_near_equal_and_opposite_ends_is_finite_and_no_longer_than_them(seed: int, noise: float, alpha: float) -> None:
    a, b = pair(seed, dtype=torch.float32)
    for end in (a + noise * b, -a + noise * b):
        c = slerp(a, end, alpha)
        assert c.isfinite().all()
        assert c.norm() <= 1.005 * max(a.norm(), end.norm())


def test_slerp_of_a_batch_treats_each_row_alone() -> None:
    starts, ends = (torch.stack(codes) for codes in zip(*UNDEFINED.values(), pair(3, dtype=torch.float32), strict=True))
    together = slerp(starts, ends, 0.3)
    assert together.shape == starts.shape
    for row, start, end in zip(together, starts, ends, strict=True):
        torch.testing.assert_close(row, slerp(start, end, 0.3))


def test_slerp_broadcasts_alpha_over_rows() -> None:
    a, b = pair(4)
    alphas = torch.tensor([[0.0], [0.25], [1.0]])
    rows = slerp(a, b, alphas)
    assert rows.shape == (3, 8)
    torch.testing.assert_close(rows[1], slerp(a, b, 0.25))


@pytest.mark.parametrize("steps", [2, 3, 7])
@pytest.mark.parametrize("name", [None, *UNDEFINED])
def test_path_has_its_steps_and_both_ends_exactly(steps: int, name: str | None) -> None:
    a, b = pair(5, dtype=torch.float32) if name is None else UNDEFINED[name]
    codes = path(a, b, steps)
    assert codes.shape == (steps, 8) and codes.isfinite().all()
    assert torch.equal(codes[0], a) and torch.equal(codes[-1], b)


def test_path_steps_are_even_on_the_sphere() -> None:
    a, b = pair(6)
    codes = path(a, b / b.norm() * a.norm(), 9)
    lengths = (codes[1:] - codes[:-1]).norm(dim=-1)
    torch.testing.assert_close(lengths, lengths[:1].expand(8))


def test_path_leaves_its_ends_as_they_were() -> None:
    a, b = pair(7)
    before = a.clone(), b.clone()
    path(a, b, 5).zero_()
    assert torch.equal(a, before[0]) and torch.equal(b, before[1])


@pytest.mark.parametrize("steps", [1, 0, -3])
def test_path_needs_two_steps(steps: int) -> None:
    message = f"A path needs at least 2 steps, its two ends; got {steps}."
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        path(*pair(8), steps)


def banded(places: list[float], reach: int) -> torch.Tensor:
    """Return how far points on a line are from those before them, shape (N + 1, reach)."""
    far = torch.zeros(len(places), reach)
    for i, j in itertools.combinations(range(len(places)), 2):
        if j - i <= reach:
            far[i, j - i - 1] = abs(places[j] - places[i])
    return far


@given(st.lists(st.floats(0, 10), min_size=2, max_size=30), st.data())
def test_respaced_points_go_forward_from_end_to_end(places: list[float], data: st.DataObject) -> None:
    last = len(places) - 1
    steps = data.draw(st.integers(2, last + 1))
    reach = data.draw(st.integers(-(-last // (steps - 1)), last))
    chosen = respace(banded(places, reach), steps)
    assert (chosen[0], chosen[-1], len(chosen)) == (0, last, steps)
    assert chosen == sorted(set(chosen)) and max(b - a for a, b in itertools.pairwise(chosen)) <= reach


def test_respace_worked_examples() -> None:
    assert respace(banded([0, 1, 2, 3, 4], 4), 3) == [0, 2, 4]
    assert respace(banded([0, 3, 4, 5, 6], 4), 3) == [0, 1, 4]
    assert respace(banded([0, 0, 0, 0, 0, 2, 4], 6), 3)[1:] == [5, 6]
    assert respace(banded([0, 9, 9, 9, 9], 2), 4) == [0, 1, 2, 4]
    assert respace(banded([0] * 7, 6), 4) == [0, 2, 4, 6]


def test_respace_goes_round_a_detour() -> None:
    places = [0.0, 5.0, 0.0, 1.0, 6.0, 2.0, 3.0]
    assert [places[i] for i in respace(banded(places, 4), 4)] == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("steps", [1, 5])
def test_respace_has_no_more_points_than_there_are(steps: int) -> None:
    with pytest.raises(ParameterError, match=f"^From a path of 4 points, 2 to 4 can be chosen; got {steps}.$"):
        respace(torch.ones(4, 3), steps)


def test_respace_must_get_to_the_end() -> None:
    with pytest.raises(ParameterError, match=r"^2 steps of at most 1 points do not reach point 3\.$"):
        respace(torch.ones(4, 1), 3)
