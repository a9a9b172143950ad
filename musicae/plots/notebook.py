"""Scores in a Jupyter notebook: a piano roll as inline SVG and sound inside the page; nothing is downloaded."""

import base64
import html
from collections.abc import Sequence

from musicae.music.general_midi import pitch_name
from musicae.music.score import Score
from musicae.plots.piano_roll import COLOURS
from musicae.sound.render import encode_audio, render

__all__ = ["MAX_NOTES", "MAX_SECONDS", "morph_html", "score_html"]

MAX_NOTES = 1500  # notes drawn per score
MAX_SECONDS = 30.0  # sound in the page: about 0.4 MB
MAX_STEPS = 16  # steps drawn per morph
_HEIGHT = 120
_RATE = 22050


def score_html(score: Score) -> str:
    """Return a score as HTML: a piano roll and an audio control."""
    notes = sum(len(track.notes) for track in score.tracks)
    bars = len(score.bars())
    caption = f"{bars} bar{'s' * (bars != 1)}, {notes} note{'s' * (notes != 1)}, {score.seconds_at(score.end):.1f} s"
    if notes > MAX_NOTES:
        caption += f"; the first {MAX_NOTES:,} notes are drawn"
    return f"<div>{_svg(score, 720)}{_audio(score)}<div style='font-size:small'>{caption}</div></div>"


def morph_html(scores: Sequence[Score], joined: Score) -> str:
    """Return a morph as HTML: a row of piano rolls, and an audio control that plays its steps one after the other."""
    steps = [
        scores[round(i * (len(scores) - 1) / max(min(len(scores), MAX_STEPS) - 1, 1))]
        for i in range(min(len(scores), MAX_STEPS))
    ]
    span = _span(steps)
    rolls = "".join(_svg(score, max(90, 720 // len(steps)), span, limit=MAX_NOTES // len(steps)) for score in steps)
    caption = f"{len(scores)} steps" + (f", {len(steps)} drawn" if len(steps) < len(scores) else "")
    return f"<div><div>{rolls}</div>{_audio(joined)}<div style='font-size:small'>{caption}</div></div>"


def _span(scores: Sequence[Score]) -> tuple[int, int]:
    pitches = [note.pitch for score in scores for track in score.tracks for note in track.notes] or [60, 72]
    return min(pitches), max(pitches)


def _svg(score: Score, width: int, span: tuple[int, int] | None = None, limit: int = MAX_NOTES) -> str:
    """Draw a score: bar lines, and notes in the colours of their tracks, less transparent if they are louder."""
    low, high = span or _span([score])
    notes = sorted((n.onset, n.pitch, n.duration, n.velocity, i) for i, t in enumerate(score.tracks) for n in t.notes)[:limit]
    cut = notes[-1][0] + notes[-1][2] if len(notes) == limit else float("inf")
    bars = [bar for bar in score.bars() if bar.start < cut][:400]
    scale, step = width / bars[-1].end, _HEIGHT / (high - low + 3)
    lines = "".join(f"<path d='M{bar.start * scale:.1f} 0V{_HEIGHT}' stroke='#c4cad6'/>" for bar in bars)
    boxes = "".join(
        f"<rect x='{onset * scale:.1f}' y='{(high - pitch + 1) * step:.1f}' width='{max(duration * scale * 0.92, 1):.1f}' "
        f"height='{step * 0.85:.1f}' fill='{COLOURS[i % len(COLOURS)]}' opacity='{0.3 + 0.7 * velocity / 127:.2f}'/>"
        for onset, pitch, duration, velocity, i in notes
    )
    title = html.escape(f"piano roll from {pitch_name(low)} to {pitch_name(high)}")
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{_HEIGHT}' viewBox='0 0 {width} {_HEIGHT}' "
        f"role='img' style='background:#fff;border:1px solid #c4cad6;margin:2px'><title>{title}</title>{lines}{boxes}</svg>"
    )


def _audio(score: Score) -> str:
    """Return an audio control with the first half minute of a score."""
    end = next((bar.start for bar in score.bars() if score.seconds_at(bar.start) >= MAX_SECONDS), None)
    note = ""
    if end is not None:
        tracks = (
            type(t)(tuple(n for n in t.notes if n.onset < end), t.program, t.is_drum, t.name, t.controls) for t in score.tracks
        )
        score = Score(tuple(tracks), score.tempos, score.time_signatures, score.keys)
        note = f"<div style='font-size:small'>the first {MAX_SECONDS:.0f} s</div>"
    audio = render(score, rate=_RATE)[: int((MAX_SECONDS + 5) * _RATE)]
    data = base64.b64encode(encode_audio(audio, rate=_RATE, form="ogg")).decode()
    return f"<audio controls preload='none' style='display:block' src='data:audio/ogg;base64,{data}'></audio>{note}"
