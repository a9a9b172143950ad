import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from musicae.music.score import Note, Score, Tempo, Track
from musicae.music.tasks.interpolate import Morph
from musicae.plots.notebook import MAX_NOTES, MAX_STEPS


def pictures(text: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg .*?</svg>", text, re.DOTALL)]


def boxes(picture: ElementTree.Element) -> int:
    return sum(e.tag.endswith("rect") for e in picture)


def test_a_score_shows_its_roll_and_sound_from_the_page_alone() -> None:
    score = Score((Track((Note(0.0, 1.0, 60), Note(4.0, 1.0, 64, 20)), name="<b>"), Track((Note(0.0, 1.0, 36),), 0, True)))
    text = score._repr_html_()
    [picture] = pictures(text)
    assert boxes(picture) == 3
    assert sum(e.tag.endswith("path") for e in picture) == 2  # bar lines
    assert text.count("<audio controls") == 1 and "data:audio/ogg;base64,T2dnUw" in text  # OggS
    assert "2 bars, 3 notes, 2.5 s" in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text)
    assert text == score._repr_html_()


def test_its_size_is_bounded() -> None:
    notes = tuple(Note(i / 8, 1.0, 30 + i % 60, 1 + i % 127) for i in range(8000))
    text = Score((Track(notes), Track(notes, 48)), (Tempo(0.0, 100.0),))._repr_html_()
    assert len(text) < 2**20
    assert boxes(pictures(text)[0]) == MAX_NOTES
    assert f"the first {MAX_NOTES:,} notes are drawn" in text and "the first 30 s" in text


@pytest.mark.parametrize("steps", [2, 5, 100])
def test_a_morph_shows_a_row(steps: int) -> None:
    scores = [Score((Track((Note(0.0, 2.0, 60 + i % 12),)),)) for i in range(steps)]
    text = Morph(scores, scores[0], torch.zeros(steps, 2))._repr_html_()
    assert len(pictures(text)) == min(steps, MAX_STEPS)
    assert text.count("<audio") == 1 and f"{steps} steps" in text and len(text) < 2**20


def test_a_score_without_notes_shows_itself() -> None:
    assert "1 bar, 0 notes, 0.0 s" in Score()._repr_html_()


def test_scores_import_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, musicae.music.score; assert not {'numpy', 'torch', 'matplotlib', 'soundfile'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
