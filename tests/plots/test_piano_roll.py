import random
from pathlib import Path
from typing import Any

import pytest
from matplotlib.colors import to_hex

from musicae.errors import ParameterError, RenderError
from musicae.music.score import Note, Score, TimeSignature, Track
from musicae.plots.piano_roll import COLOURS, MAX_ROLLS, roll_figure, save_rolls, track_name

TUNE = Track((Note(0.0, 1.0, 55, 30), Note(1.0, 1.0, 62, 127), Note(6.0, 2.0, 74, 80)), 40, name="fiddle")
BASS = Track((Note(0.0, 4.0, 36),), 33)
KIT = Track((Note(0.0, 0.25, 36), Note(1.0, 0.25, 38), Note(1.5, 0.25, 42)), 0, True)


def artists(axes: Any, name: str) -> list[Any]:
    return [c for c in axes.collections if c.get_gid() == name]


def labels(axes: Any) -> list[str]:
    return [tick.get_text() for tick in axes.get_yticklabels()]


def test_bar_lines_numbers_and_pitch_names() -> None:
    score = Score((TUNE,), time_signatures=(TimeSignature(0.0, 1, 4), TimeSignature(1.0, 3, 4)))
    [axes] = roll_figure([score]).axes
    [lines] = artists(axes, "bars")
    assert [segment[0][0] for segment in lines.get_segments()] == [0.0, 1.0, 4.0, 7.0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "3", "4"]
    assert labels(axes) == ["G3", "C4", "D5"]  # C5 is too near to the highest
    assert axes.get_xlim() == (0.0, 10.0)


def test_velocity_is_shade_and_tracks_have_colours_and_a_legend() -> None:
    figure = roll_figure([Score((TUNE, BASS))])
    [axes] = figure.axes
    [tune], [bass] = artists(axes, "track 1"), artists(axes, "track 2")
    shades = [sum(face[:3]) for face in tune.get_facecolors()]
    assert shades[0] > shades[2] > shades[1]
    assert to_hex(tune.get_facecolors()[1]) == COLOURS[0]
    assert len(bass.get_paths()) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["fiddle", "Electric Bass (finger)"]


def test_drums_have_named_rows_below() -> None:
    pitched, drums = roll_figure([Score((TUNE, KIT))]).axes
    assert labels(drums) == ["bass drum", "acoustic snare", "closed hi-hat"]
    assert len(artists(drums, "track 2")[0].get_paths()) == 3
    assert artists(pitched, "track 2") == []
    [only] = roll_figure([Score((KIT,))]).axes
    assert labels(only) == ["bass drum", "acoustic snare", "closed hi-hat"]


def test_a_row_shares_its_axes_and_goes_from_one_colour_to_the_other() -> None:
    scores = [Score((Track((Note(0.0, 4.0, 50 + 5 * i, 127),)),)) for i in range(5)]
    axes = roll_figure(scores, ["a", "1", "2", "3", "b"]).axes
    assert [a.get_title() for a in axes] == ["a", "1", "2", "3", "b"]
    assert {a.get_ylim() for a in axes} == {(48.5, 71.5)}
    assert labels(axes[0]) == ["D3", "C4", "B♭4"] or labels(axes[0])[0] == "D3"
    assert set(labels(axes[1])) == {""}
    faces = [to_hex(artists(a, "track 1")[0].get_facecolors()[0]) for a in axes]
    assert (faces[0], faces[-1]) == COLOURS[:2] and len(set(faces)) == 5


def test_long_rows_are_wrapped_and_thinned_out() -> None:
    many = [Score((Track((Note(0.0, 4.0, 60),)),))] * 12
    assert len(roll_figure(many).axes) == 20
    assert sum(bool(artists(a, "bars")) for a in roll_figure(many).axes) == 12
    assert [bool(artists(a, "bars")) for a in roll_figure(many, columns=4).axes] == [True] * 12, "a rectangle of 3 x 4"
    figure = roll_figure([many[0]] * 1000, [str(i) for i in range(1000)])
    titles = [a.get_title() for a in figure.axes if artists(a, "bars")]
    assert (len(titles), titles[0], titles[-1]) == (MAX_ROLLS, "0", "999")


def test_bars_cut_notes_at_both_ends() -> None:
    score = Score((Track((Note(0.0, 6.0, 60), Note(7.0, 4.0, 62), Note(12.0, 1.0, 64))),))
    [axes] = roll_figure([score], bars=(2, 2)).axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["2"]
    boxes = [path.get_extents() for path in artists(axes, "track 1")[0].get_paths()]
    assert [(round(b.x0, 2), b.x1 <= 4.0) for b in boxes] == [(0.0, True), (3.0, True)]
    with pytest.raises(RenderError, match=r"Bars 2-9 cannot be drawn: the music has 4 bars\."):
        roll_figure([score], bars=(2, 9))


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_the_same_bytes_twice(tmp_path: Path, suffix: str) -> None:
    for i in range(2):
        save_rolls([Score((TUNE, KIT))], tmp_path / f"{i}.{suffix}", ["x"])
    assert (tmp_path / f"0.{suffix}").read_bytes() == (tmp_path / f"1.{suffix}").read_bytes()


def test_odd_scores_can_be_drawn(tmp_path: Path) -> None:
    draw = random.Random(0)
    notes = tuple(sorted(Note(draw.uniform(0, 4000), draw.uniform(1e-3, 90), draw.randrange(128), 1) for _ in range(500)))
    names = ("$x_1", "_hidden", "音楽\n\x00", "")
    odd = Score(tuple(Track(notes[i::4], 5, i == 3, name) for i, name in enumerate(names)))
    narrow = Score((Track((Note(0.0, 1.0, 62),)),))  # no C in its range
    for i, scores in enumerate(([narrow], [Score()], [Score(), odd], [odd], [Score((Track(()),)), Score((KIT,))])):
        save_rolls(scores, tmp_path / f"{i}.png", ["a $ b _"])
        assert (tmp_path / f"{i}.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"x\.jpg must end in \.png, \.pdf, \.svg"):
        save_rolls([Score()], tmp_path / "x.jpg")
    with pytest.raises(RenderError, match="There is no score to draw"):
        roll_figure([])


def test_names() -> None:
    assert [track_name(t) for t in (TUNE, BASS, KIT)] == ["fiddle", "Electric Bass (finger)", "drums"]
