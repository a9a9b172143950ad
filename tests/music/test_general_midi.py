"""Names of General MIDI: they agree with a second list, and cost no import."""

import subprocess
import sys

import pretty_midi
import pytest

from musicae.music.general_midi import DRUMS, PROGRAMS, drum_name, pitch_name, program_name


def test_programs_agree_with_another_list_of_them() -> None:
    letters = [[c for c in name.lower() if c.isalnum()] for name in PROGRAMS]
    others = [pretty_midi.program_to_instrument_name(i).lower() for i in range(128)]
    assert letters == [[c for c in name if c.isalnum()] for name in others]
    assert (program_name(0), program_name(73), program_name(127)) == ("Acoustic Grand Piano", "Flute", "Gunshot")


def test_drums_agree_with_another_list_in_number_and_kind() -> None:
    named = [pretty_midi.note_number_to_drum_name(pitch) for pitch in range(128)]
    assert [pitch for pitch in range(128) if named[pitch]] == list(range(35, 35 + len(DRUMS)))
    for pitch, word in ((36, "bass"), (38, "snare"), (42, "hat"), (49, "crash"), (56, "cowbell"), (81, "triangle")):
        assert word in named[pitch].lower() and word in drum_name(pitch)


def test_keys_without_a_drum_have_a_number() -> None:
    assert [drum_name(p) for p in (34, 35, 42, 81, 82)] == ["drum 34", DRUMS[0], "closed hi-hat", "open triangle", "drum 82"]


@pytest.mark.parametrize(("pitch", "name"), [(0, "C-1"), (60, "C4"), (61, "C♯4"), (127, "G9")])
def test_pitches(pitch: int, name: str) -> None:
    assert pitch_name(pitch) == name


def test_a_name_costs_no_library() -> None:
    code = (
        "import sys, musicae.music.general_midi\n"
        "assert not {'torch', 'numpy', 'pretty_midi', 'mido', 'music21'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
