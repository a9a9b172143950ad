"""Which track is the melody, and which tracks are the drum part."""

import pytest

from musicae.errors import MidiError, ParameterError
from musicae.music.excerpts.tracks import DRUM_PART, MELODY_TRACK, choose_track, track_scores
from musicae.music.score import Note, Score, Track


def voice(
    name: str = "", *, pitch: int = 60, program: int = 0, drums: bool = False, count: int = 16, length: float = 1.0
) -> Track:
    """Return a track of one note a quarter, each lasting `length`."""
    return Track(tuple(Note(float(i), length, pitch) for i in range(count)), program, drums, name)


def chosen(*tracks: Track, wanted: str | None = None) -> int:
    """Return the number (from 1) of the track chosen."""
    return choose_track(Score(tracks), "song.mid", wanted) + 1


def points(track: Track, *others: Track) -> float:
    """Return the score of a track of 16 quarters in 4/4."""
    return track_scores(Score((track, *others)))[0]


def complaint(error: type[Exception], *tracks: Track, wanted: str | None = None) -> str:
    """Return why no track is chosen."""
    with pytest.raises(error) as caught:
        chosen(*tracks, wanted=wanted)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["Melody", "LEAD synth", "vocals", "Voice 1", "Soprano", "Tune", "sing along", "cantus firmus", "Mélodie", "solo"]
)
def test_a_melodious_name_counts_3(name: str) -> None:
    assert points(voice(name)) == pytest.approx(points(voice()) + 3)


@pytest.mark.parametrize("name", ["Bass", "E-DRUMS", "pad 2", "Strings", "chords", "piano left", "accompaniment", "harmony"])
def test_the_name_of_another_part_counts_against(name: str) -> None:
    assert points(voice(name)) == pytest.approx(points(voice()) - 2)


def test_a_name_of_both_kinds_counts_both() -> None:
    assert points(voice("lead bass")) == pytest.approx(points(voice()) + 1)


def test_one_note_at_a_time_counts_up_to_2() -> None:
    longer = voice(count=20)  # so that bars are as many for all
    chords = Track(tuple(Note(float(i // 2), 1.0, 60 + i % 2) for i in range(31)))
    melody = points(voice(), longer)
    assert points(voice(length=2.0), longer) == pytest.approx(melody - 2)
    assert points(chords, longer) == pytest.approx(melody - 1, abs=0.02)
    assert points(voice(length=1.05), longer) == melody, "played legato"


def test_height_counts_up_to_1() -> None:
    assert points(voice(pitch=84)) == pytest.approx(points(voice(pitch=36)) + 1)
    assert points(voice(pitch=60)) == pytest.approx(points(voice(pitch=36)) + 0.5)
    assert points(voice(pitch=20)) == points(voice(pitch=36))
    assert points(voice(pitch=110)) == points(voice(pitch=84))


def test_the_share_of_bars_counts_up_to_1() -> None:
    assert points(voice(count=8), voice()) == pytest.approx(points(voice()) - 0.5)


@pytest.mark.parametrize("program", [32, 39])
def test_a_bass_instrument_counts_against(program: int) -> None:
    assert points(voice(program=program)) == pytest.approx(points(voice()) - 2)
    assert points(voice(program=31)) == points(voice(program=40)) == points(voice())


def test_fewer_than_8_notes_count_against() -> None:
    assert points(voice(count=7)) == pytest.approx(points(voice(count=8)) - 1)


def test_drums_are_never_chosen() -> None:
    assert points(voice("Melody", drums=True)) == float("-inf")
    assert chosen(voice("Melody", drums=True, pitch=80), voice("bass", program=33, pitch=30)) == 2


def test_the_best_track_is_chosen_and_of_equals_the_first() -> None:
    bass, pad = voice("Bass", pitch=40, program=33), voice("Pad", pitch=64, length=4.0)
    assert chosen(bass, pad, voice("Melody", pitch=72)) == 3
    assert chosen(bass, pad, voice("", pitch=72)) == 3
    assert chosen(bass, voice(pitch=72), voice(pitch=72)) == 2


@pytest.mark.parametrize("tracks", [(), (Track(()),), (Track(()), Track((), is_drum=True))])
def test_no_notes(tracks: tuple[Track, ...]) -> None:
    assert complaint(MidiError, *tracks) == "song.mid has no notes; choose another file."


def test_drums_only() -> None:
    expected = "song.mid has drums only (track 1); a melody model needs a pitched track. Choose another file."
    assert complaint(MidiError, voice(drums=True)) == expected


BAND = (voice("Bass"), voice("Lead"), voice("", drums=True))


@pytest.mark.parametrize(("wanted", "number"), [("1", 1), ("3", 3), ("02", 2), ("Lead", 2), ("bASS", 1), ("track 3", 3)])
def test_track_wanted_by_number_or_name(wanted: str, number: int) -> None:
    assert chosen(*BAND, wanted=wanted) == number


def test_of_tracks_of_one_name_the_first() -> None:
    assert chosen(voice("x"), voice("same"), voice("same"), wanted="same") == 2


def test_a_name_may_be_a_number() -> None:
    assert chosen(voice("a"), voice("1948"), wanted="1948") == 2


@pytest.mark.parametrize("wanted", ["0", "4", "-1", "lea", "", "²"])
def test_unknown_track(wanted: str) -> None:
    expected = f"song.mid has no track {wanted!r}; its tracks are 1 'Bass', 2 'Lead', 3 'track 3'."
    assert complaint(ParameterError, *BAND, wanted=wanted) == expected


def test_rules_apply_to_scores_that_have_such_a_track() -> None:
    lead, kit = voice("Lead"), voice("Kit", drums=True)
    tune, beat, band = Score((lead,)), Score((kit,)), Score((lead, kit))
    assert [MELODY_TRACK.applies(score) for score in (tune, beat, band, Score())] == [True, False, True, False]
    assert [DRUM_PART.applies(score) for score in (tune, beat, band, Score())] == [False, True, True, False]
    assert DRUM_PART.applies(band, DRUM_PART.keyword) and not DRUM_PART.applies(band, "Bass")
    assert [MELODY_TRACK.fits(t) for t in (lead, kit, Track(()))] == [True, False, False]
    assert [DRUM_PART.fits(t) for t in (lead, kit, Track((), is_drum=True))] == [False, True, False]
    assert DRUM_PART != MELODY_TRACK
