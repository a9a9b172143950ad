"""Scales and how they are named."""

import pytest

from musicae.errors import ParameterError
from musicae.music.scales import Scale, parse_scale


def test_scales_worked_examples() -> None:
    assert sorted(Scale(2).pitch_classes) == [1, 2, 4, 6, 7, 9, 11]
    assert 62 in Scale(2) and 63 not in Scale(2)
    assert [Scale(9, kind).key for kind in ("major", "minor", "dorian", "blues", "whole-tone")] == [9, 21, 21, 21, 9]
    assert parse_scale(None) is None
    assert parse_scale("d") == parse_scale(" D major ") == parse_scale("D", "major") == Scale(2)
    assert parse_scale("F# minor") == parse_scale("Gb", "minor") == parse_scale("G♭ Minor", "minor") == Scale(6, "minor")
    assert parse_scale("Cb") == Scale(11) and parse_scale("B#") == Scale(0)


@pytest.mark.parametrize(
    ("key", "scale", "message"),
    [
        ("H", None, "There is no key 'H'. Tonics: Cb, C, C#, Db, "),
        ("D majorish", None, "There is no scale 'majorish'; did you mean 'major'? Scales: major, minor, harmonic-minor, "),
        ("D", "dorain", "There is no scale 'dorain'; did you mean 'dorian'? Scales: major, minor, harmonic-minor, "),
        (None, "dorian", "The scale 'dorian' needs a tonic; give a key too, such as D."),
        ("D minor", "dorian", "The key 'D minor' and the scale 'dorian' contradict each other; give one of them."),
    ],
)
def test_keys_that_do_not_exist(key: str | None, scale: str | None, message: str) -> None:
    with pytest.raises(ParameterError) as error:
        parse_scale(key, scale)
    assert str(error.value).startswith(message)
