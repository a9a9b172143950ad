"""Token grids drawn by Hypothesis, for the laws of metrics."""

import torch
from hypothesis import strategies as st
from torch import Tensor


def row(*tokens: int) -> Tensor:
    """Return one window of tokens, shape (1, T)."""
    return torch.tensor([tokens])


@st.composite
def grids(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor]:
    """Draw a reference, an estimate and a mask of the same shape; few kinds of tokens, so that some agree."""
    rows, steps = draw(st.integers(1, 4)), draw(st.integers(1, 10))
    size = rows * steps
    tokens = st.lists(st.integers(0, 4), min_size=size, max_size=size)
    reference, estimate = (torch.tensor(draw(tokens)).view(rows, steps) for _ in range(2))
    lengths = torch.tensor(draw(st.lists(st.integers(0, steps), min_size=rows, max_size=rows)))
    return reference, estimate, torch.arange(steps) < lengths[:, None]
