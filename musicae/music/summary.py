"""A score in words: a short tree of its length, tempo, metre, key and tracks."""

from musicae.music.general_midi import pitch_name, program_name
from musicae.music.score import Score

__all__ = ["summary"]


def summary(score: Score) -> str:
    """Return a score's summary; of several tempos, metres or keys the first, and how many follow."""
    bars, notes = len(score.bars()), sum(len(track.notes) for track in score.tracks)
    metres = [f"{s.numerator}/{s.denominator}" for s in score.time_signatures] or ["4/4"]
    tempos = [f"{t.qpm:.4g} quarter notes per minute" for t in score.tempos] or ["120 quarter notes per minute"]
    lines = [f"Score: {_count(bars, 'bar')}, {_count(notes, 'note')}, {score.seconds_at(score.end):.1f} s"]
    for label, values in (("tempo", tempos), ("metre", metres), ("key", [k.name for k in score.keys] or ["none"])):
        more = f", {_count(len(values) - 1, 'change')}" if len(values) > 1 else ""
        lines.append(f"├─ {label}: {values[0]}{more}")
    for number, track in enumerate(score.tracks, 1):
        pitches = [n.pitch for n in track.notes]
        instrument = "drums" if track.is_drum else program_name(track.program)
        name = f" {track.name!r}" if track.name else ""
        span = f", {pitch_name(min(pitches))} to {pitch_name(max(pitches))}" if pitches and not track.is_drum else ""
        lines.append(f"├─ track {number}{name}: {instrument}, {_count(len(pitches), 'note')}{span}")
    return "\n".join([*lines[:-1], lines[-1].replace("├", "└")])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
