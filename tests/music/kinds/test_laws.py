"""Laws of every kind of music, and of the metrics of every kind."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from musicae.checkpoints.format import read_info
from musicae.checkpoints.shipped import shipped
from musicae.core.config import from_dict
from musicae.core.registry import MODELS
from musicae.datasets.music.collections import COLLECTIONS
from musicae.errors import CheckpointError
from musicae.music.kinds import KINDS, Kind, further_words, headline_words, kind_of
from musicae.music.metrics.base import WindowMetrics
from musicae.music.metrics.reconstruction import reconstruction_metrics
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE, PlanVAEConfig
from musicae.music.representations import REPRESENTATIONS, GridWindow, WindowSpec, representation_from_dict
from musicae.music.score import Note

EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
SHIPPED = [kind for kind in KINDS.values() if kind.default_model in shipped()]


@EVERY
def test_a_kind_has_its_name_and_a_representation_of_its_own(kind: Kind) -> None:
    assert KINDS[kind.name] is kind is kind_of(kind.spec.representation)
    assert kind.name in {representation.kind for representation in REPRESENTATIONS.values()}
    assert isinstance(kind.metrics, WindowMetrics) and kind.metrics is kind.metrics


def test_every_representation_is_of_a_kind() -> None:
    assert {representation.kind for representation in REPRESENTATIONS.values()} == set(KINDS)


def test_melodies_and_drums_have_shipped_models() -> None:
    assert {kind.name for kind in SHIPPED} >= {"melody", "drums"}


@pytest.mark.parametrize("kind", SHIPPED, ids=lambda kind: kind.name)
def test_the_spec_is_that_of_the_shipped_default_model(kind: Kind) -> None:
    info = read_info(shipped()[kind.default_model])
    config = from_dict(MODELS[info.model].config_type, info.config)
    assert kind.spec == WindowSpec.of_model(config, representation_from_dict(info.representation), info.bars)
    assert (info.domain, info.kind) == ("music", kind.name)
    assert read_info(shipped()[kind.sampling_model]).kind == kind.name


@EVERY
def test_default_collections_have_the_tracks_of_the_kind(kind: Kind) -> None:
    for name in kind.collections:
        collection = COLLECTIONS[name]
        assert KINDS[collection.kind].tracks == kind.tracks
        assert collection.packaged and not collection.test_only


@EVERY
def test_only_tasks_that_apply_pass(kind: Kind) -> None:
    kind.require("reconstruct")
    for task, reason in kind.unsupported.items():
        with pytest.raises(CheckpointError) as error:
            kind.require(task)
        assert str(error.value) == reason


def test_kinds_need_no_torch() -> None:
    code = (
        "import sys\nfrom musicae.music.kinds import KINDS, further_words, headline_words\n"
        "list(KINDS.values()), headline_words(), further_words()\nassert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# What counts as equal


def windows_of(kind: Kind, seed: int, count: int = 1) -> list[GridWindow]:
    """Draw windows with onsets; half of the tokens are 0."""
    random, grid = np.random.default_rng(seed), kind.spec.representation
    drawn = []
    for _ in range(count):
        tokens = random.integers(0, grid.depth, 8) * random.integers(0, 2, 8)
        tokens[0] = max(tokens[0], grid.depth // 2)
        values = (random.integers(-127, 128, (8, grid.values)) / 127).astype(np.float32) if grid.values else None
        drawn.append(GridWindow(tokens, (4, 4), values))
    return drawn


@EVERY
@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(-3, 3))
def test_equal_windows_have_equal_keys_and_others_others(kind: Kind, seed: int, semitones: int) -> None:
    grid, [window] = kind.spec.representation, windows_of(kind, seed)
    copy = GridWindow(window.tokens.copy(), window.bar_steps, None if window.values is None else window.values.copy())
    key = kind.window_key(window, grid)
    assert kind.window_key(copy, grid) == key
    assert kind.window_key(GridWindow(window.tokens, (5, 3), window.values), grid) != key, "other bars"
    shorter = GridWindow(window.tokens[:7], (4, 3), None if window.values is None else window.values[:7])
    assert kind.window_key(shorter, grid) != key
    moved = window.tokens.copy()
    moved[1:] = np.where(moved[1:] > 0, 0, 1)  # other time steps have events
    assert kind.window_key(GridWindow(moved, window.bar_steps, window.values), grid) != key
    pitches = [n.pitch for n in grid.decode(window)]
    if "scale" not in kind.unsupported and all(40 <= pitch <= 90 for pitch in pitches):
        transposed = GridWindow(grid.transpose(window.tokens, semitones), window.bar_steps)
        assert kind.window_key(transposed, grid) == key, "a transposed window is the same music"


def test_drums_that_differ_in_expression_are_not_equal() -> None:
    drums = KINDS["drums"]
    [window] = windows_of(drums, 3)
    assert window.values is not None
    louder = window.values.copy()
    louder[0, 0] = 1.0 - abs(louder[0, 0])
    grid = drums.spec.representation
    keys = {drums.window_key(GridWindow(window.tokens, window.bar_steps, v), grid) for v in (window.values, louder, None)}
    assert len(keys) == 3


# Metrics


@st.composite
def triples(draw: st.DrawFn, depth: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw three sets of windows and a mask; few of the tokens, so that some agree."""
    rows, steps = draw(st.integers(1, 4)), draw(st.integers(1, 10))
    size = rows * steps
    tokens = st.lists(st.integers(0, min(depth, 5) - 1), min_size=size, max_size=size)
    a, b, c = (torch.tensor(draw(tokens)).view(rows, steps) for _ in range(3))
    lengths = torch.tensor(draw(st.lists(st.integers(0, steps), min_size=rows, max_size=rows)))
    return a, b, c, torch.arange(steps) < lengths[:, None]


@EVERY
@settings(max_examples=60)
@given(st.data())
def test_the_distance_is_a_metric(kind: Kind, data: st.DataObject) -> None:
    a, b, c, mask = data.draw(triples(kind.spec.representation.depth))
    distance = kind.metrics.distance
    far = distance(a, b, mask)
    assert far.shape == (len(a),) and bool((far >= 0).all()) and not bool(distance(a, a, mask).any())
    assert torch.equal(far, distance(b, a, mask))
    assert bool((far <= distance(a, c, mask) + distance(c, b, mask) + 1e-6).all())
    assert torch.equal(distance(torch.where(mask, a, 1), b, mask), far), "padding does not count"
    assert torch.equal(distance(a[:, None], torch.stack([a, b], 1), mask[:, None])[:, 1], far), "windows are broadcast"


@EVERY
@settings(max_examples=60)
@given(st.data())
def test_rates_of_windows_are_1_for_equal_ones(kind: Kind, data: st.DataObject) -> None:
    a, b, _, mask = data.draw(triples(kind.spec.representation.depth))
    for rate in (kind.metrics.f1s, kind.metrics.fidelity):
        values = rate(a, b, mask)
        assert values.shape == (len(a),) and bool(((values >= 0) & (values <= 1)).all())
        assert rate(a, a, mask).tolist() == [1.0] * len(a)
        assert torch.equal(rate(a, torch.where(mask, b, 1), mask), values), "padding does not count"
    for values in kind.metrics.rates(a, mask).values():
        assert values.shape == (len(a),) and bool((values.isnan() | ((values >= 0) & (values <= 1))).all())


@EVERY
def test_events_are_the_notes_that_are_decoded(kind: Kind) -> None:
    windows = windows_of(kind, 1, 20)
    batch = GridBatch.from_windows(windows)
    decoded: list[Note] = [n for window in windows for n in kind.spec.representation.decode(window)]
    assert kind.metrics.count_events(batch.tokens, batch.mask) == len(decoded) > 0
    assert kind.metrics.count_events(batch.tokens, torch.zeros_like(batch.mask)) == 0


@EVERY
def test_the_metrics_of_a_reconstruction_are_those_that_are_named(kind: Kind) -> None:
    torch.manual_seed(0)
    sizes = {"token_size": 4, "block_size": 6, "pooled_size": 4, "hidden_size": 8, "decoder_size": 6, "cell_size": 6}
    grid = kind.spec.representation
    config = PlanVAEConfig(depth=grid.depth, latent_size=3, expression_parts=grid.values // 2, **sizes)
    batch = GridBatch.from_windows(windows_of(kind, 2, 5))
    metrics = reconstruction_metrics(PlanVAE(config).eval(), [batch], kind.metrics)
    assert kind.metrics.headline in kind.metrics.names and set(kind.metrics.names) <= set(metrics)
    assert set(kind.metric_words) <= set(metrics) and set(kind.card.columns) <= {"windows", *metrics}
    own = kind.metrics.event_metrics(batch, batch)
    assert own[kind.metrics.headline] == 1.0 and set(own) <= set(metrics)
    assert set(own) == {*kind.metric_words, *(w.baseline for w in kind.metric_words.values() if w.baseline)}


@EVERY
def test_the_headline_metric_is_the_first_in_words(kind: Kind) -> None:
    assert next(iter(kind.metric_words)) == kind.metrics.headline
    assert headline_words()[kind.metrics.headline] == kind.metric_words[kind.metrics.headline]
    assert kind.metrics.headline not in further_words()
