import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from musicae.errors import ParameterError, RenderError
from musicae.music.score import PITCH_BEND, Control, Note, Score, Tempo, Track
from musicae.sound.render import MAX_SECONDS, PEAK, RATES, Audio, encode_audio, open_soundfont, render, write_audio
from musicae.sound.synth import RING

RATE = 22050


def one(*notes: Note, program: int = 73, drum: bool = False, controls: tuple[Control, ...] = (), qpm: float = 120.0) -> Score:
    return Score((Track(notes, program, drum, controls=controls),), (Tempo(0.0, qpm),))


def peak_hertz(audio: Audio, begin: float, end: float, rate: int = RATE) -> float:
    part = audio[int(begin * rate) : int(end * rate)].sum(axis=1)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 2**18))
    return float(np.argmax(spectrum) * rate / 2**18)


def first_sound(audio: Audio, rate: int = RATE) -> float:
    return float(np.argmax(np.abs(audio).max(axis=1) > 0.01) / rate)


def loudness(audio: Audio, begin: float, end: float, rate: int = RATE) -> float:
    return float(np.sqrt(np.mean(audio[int(begin * rate) : int(end * rate)] ** 2)))


@pytest.mark.parametrize(("program", "pitch"), [(73, 69), (73, 81), (80, 60), (24, 72), (40, 76), (56, 84)])
@pytest.mark.parametrize("rate", [22050, 44100, 48000])
def test_the_loudest_partial_is_the_pitch_or_a_harmonic(program: int, pitch: int, rate: int) -> None:
    ratio = peak_hertz(render(one(Note(0.0, 2.0, pitch), program=program), rate=rate), 0.1, 0.9, rate) / (
        440.0 * 2 ** ((pitch - 69) / 12)
    )
    assert round(ratio) in (1, 2)
    assert abs(ratio / round(ratio) - 1) < 0.01


def test_a_flute_sounds_its_pitch() -> None:
    for pitch in (69, 74, 79, 84, 91):
        hertz = peak_hertz(render(one(Note(0.0, 2.0, pitch)), rate=RATE), 0.2, 0.9)
        assert 12 * abs(np.log2(hertz / 440.0) - (pitch - 69) / 12) < 0.1


def test_silence_before_the_first_note_and_stereo_without_clipping() -> None:
    audio = render(one(Note(2.0, 1.0, 72), Note(2.0, 4.0, 76), Note(3.0, 1.0, 79), program=48), rate=RATE)
    assert audio.shape[1] == 2 and audio.dtype == np.float32
    assert not audio[: RATE - 1].any()
    assert 1.0 <= first_sound(audio) < 1.05
    assert np.abs(audio).max() == pytest.approx(PEAK)
    assert (np.abs(audio) > 0.99).sum() == 0


def test_the_last_note_rings_but_not_for_ever() -> None:
    for program in (0, 14, 48, 73):
        seconds = len(render(one(Note(0.0, 2.0, 60), program=program), rate=RATE)) / RATE
        assert 1.0 <= seconds <= 1.0 + RING + 0.01
    audio = render(one(Note(0.0, 2.0, 60), program=14), rate=RATE)
    assert loudness(audio, 1.0, 1.2) > 0 and np.abs(audio[-10:]).max() < 1e-3


def test_a_change_of_tempo_moves_what_follows() -> None:
    notes = (Note(0.0, 0.25, 38), Note(4.0, 0.25, 38))
    at = []
    for tempos in ((Tempo(0.0, 120.0),), (Tempo(0.0, 120.0), Tempo(2.0, 60.0))):
        audio = render(Score((Track(notes, 0, True),), tempos), rate=RATE)
        late = audio.copy()
        late[: int(1.2 * RATE)] = 0
        at.append(first_sound(late))
    assert at[0] == pytest.approx(2.0, abs=0.01)
    assert at[1] == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("pitch", [35, 36, 38, 42, 46, 49, 51])
def test_drums_sound_even_when_they_last_a_tick(pitch: int) -> None:
    audio = render(one(Note(1.0, 1 / 480, pitch), drum=True), rate=RATE)
    assert first_sound(audio) == pytest.approx(0.5, abs=0.01)
    assert not np.array_equal(audio, render(one(Note(1.0, 1 / 480, pitch), program=0), rate=RATE))


def test_a_closed_hi_hat_ends_an_open_one() -> None:
    alone = render(one(Note(0.0, 4.0, 46), Note(8.0, 1.0, 36), drum=True), rate=RATE)
    ended = render(one(Note(0.0, 4.0, 46), Note(0.5, 0.1, 42, 1), Note(8.0, 1.0, 36), drum=True), rate=RATE)
    assert loudness(ended, 0.4, 0.6) < 0.7 * loudness(alone, 0.4, 0.6)


def test_a_pedal_that_stays_down_holds_notes_for_a_few_seconds_only() -> None:
    late = (Control(0.0, 64, 127), Control(40.0, 64, 0))
    held = render(one(Note(0.0, 0.5, 60), Note(2.0, 2.0, 64), program=0, controls=late), rate=RATE)
    plain = render(one(Note(0.0, 0.5, 60), Note(2.0, 2.0, 64), program=0), rate=RATE)
    assert len(plain) <= (2.0 + RING) * RATE + 1 < len(held) <= (2.0 + 2 * RING) * RATE + 1
    assert loudness(held, 0.8, 0.95) > 2 * loudness(plain, 0.8, 0.95), "the first note sounds on"


def test_velocity_volume_pan_pedal_and_bend_are_followed() -> None:
    soft, loud = Note(0.0, 2.0, 72, 40), Note(4.0, 2.0, 72, 110)
    audio = render(one(soft, loud), rate=RATE)
    assert loudness(audio, 0.2, 0.9) / loudness(audio, 2.2, 2.9) == pytest.approx((40 / 110) ** 2, rel=0.05)
    quiet = render(one(soft, Note(4.0, 2.0, 72, 40), controls=(Control(2.0, 7, 50),)), rate=RATE)
    assert loudness(quiet, 2.2, 2.9) / loudness(quiet, 0.2, 0.9) == pytest.approx((50 / 100) ** 2, rel=0.05)
    left = render(one(soft, controls=(Control(0.0, 10, 1),)), rate=RATE)
    assert np.abs(left[:, 0]).max() > 50 * np.abs(left[:, 1]).max()
    short = Note(0.0, 0.5, 72)
    held = render(one(short, controls=(Control(0.1, 64, 127), Control(4.0, 64, 0))), rate=RATE)
    assert loudness(held, 1.5, 1.9) > 100 * loudness(np.pad(render(one(short), rate=RATE), ((0, 3 * RATE), (0, 0))), 1.5, 1.9)
    bent = render(one(Note(0.0, 2.0, 72), controls=(Control(0.0, PITCH_BEND, 4096),)), rate=RATE)
    assert 12 * np.log2(peak_hertz(bent, 0.2, 0.9) / 440.0) + 69 == pytest.approx(73.0, abs=0.1)


def test_a_score_without_notes_is_a_bar_of_silence() -> None:
    audio = render(Score(), rate=RATE)
    assert not audio.any() and 0.1 <= len(audio) / RATE <= 2.0
    assert encode_audio(audio, rate=RATE, form="flac").startswith(b"fLaC")


@pytest.mark.parametrize(
    ("form", "start", "kind"), [("wav", b"RIFF", "WAV"), ("flac", b"fLaC", "FLAC"), ("ogg", b"OggS", "OGG")]
)
def test_the_same_score_gives_the_same_bytes_and_they_read_back(tmp_path: Path, form: str, start: bytes, kind: str) -> None:
    score = one(*(Note(i / 2, 0.5, 60 + i % 12, 50 + i) for i in range(16)), program=0)
    paths = [tmp_path / f"{i}.{form}" for i in range(2)]
    seconds = [write_audio(score, path, rate=RATE) for path in paths]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes().startswith(start)
    info = soundfile.info(paths[0])
    assert (info.samplerate, info.channels, info.format) == (RATE, 2, kind)
    assert info.duration == pytest.approx(seconds[0], abs=1e-3)
    read, _ = soundfile.read(paths[0])
    assert 0.5 < np.abs(read).max() < 1.0
    assert np.abs(read - render(score, rate=RATE)[: len(read)]).max() < (0.1 if form == "ogg" else 1e-4)


def test_ogg_has_one_serial_number_and_right_checksums() -> None:
    audio = render(one(*(Note(float(i), 1.0, 60 + i % 12) for i in range(40))), rate=RATE)
    data = encode_audio(audio, rate=RATE, form="ogg")
    assert data.count(b"OggS") > 3
    assert {data[i + 14 : i + 18] for i in range(len(data)) if data[i : i + 4] == b"OggS"} == {(1).to_bytes(4, "little")}
    assert len(soundfile.read(io.BytesIO(data))[0]) == len(audio)  # libsndfile drops pages whose checksum is wrong


def test_refusals_name_what_can_be_had(tmp_path: Path) -> None:
    with pytest.raises(ParameterError) as caught:
        render(Score(), rate=44000)
    assert str(caught.value) == f"Unsupported sample rate 44000; choose one of {', '.join(map(str, RATES))}."
    with pytest.raises(ParameterError, match="Unsupported format 'mp3'; choose one of wav, flac, ogg"):
        write_audio(Score(), tmp_path / "x.mp3")
    with pytest.raises(
        RenderError, match=r"The music lasts 2\.0 hours, but at most 1 hour is made into sound; take fewer bars"
    ):
        render(one(Note(0.0, 1.0, 60), Note(2 * MAX_SECONDS * 2, 1.0, 60)))
    (tmp_path / "blocked").write_text("x")
    with pytest.raises(RenderError, match="cannot be written"):
        write_audio(Score(), tmp_path / "blocked" / "x.wav")


def test_soundfonts_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "x.sf2"
    with pytest.raises(RenderError, match=r"x\.sf2 cannot be read: no such file or directory; give a file that ends in \.sf2"):
        open_soundfont(path)
    path.write_bytes(b"MThd nothing")
    with pytest.raises(RenderError, match="is not a SoundFont: it does not begin with 'RIFF' and 'sfbk'"):
        open_soundfont(path)
    path.write_bytes(b"RIFF" + struct.pack("<I", 4) + b"sfbk")
    with pytest.raises(RenderError, match="is a damaged SoundFont"):
        open_soundfont(path)
    whole = open_soundfont().path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RenderError, match="is a damaged SoundFont"):
        open_soundfont(path)


def test_the_soundfont_has_every_program_and_drum() -> None:
    font = open_soundfont()
    assert all(font.regions(0, program, pitch, 80) for program in range(128) for pitch in (48, 60, 72))
    assert all(font.regions(128, 0, pitch, 80) for pitch in range(35, 82))
    assert font.regions(5, 3, 60, 80) == []  # a bank that is not there
