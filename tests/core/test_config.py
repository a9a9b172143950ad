"""Configurations to JSON and back, strict on what they hold."""

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicae.core.config import from_dict, nearest, to_dict, with_changes
from musicae.errors import ParameterError
from musicae.music.recipes import MusicRecipe


@dataclass(frozen=True, kw_only=True)
class Inner:
    rate: float = 0.5
    kind: Literal["constant", "linear"] = "constant"


@dataclass(frozen=True, kw_only=True)
class Outer:
    size: int
    name: str = "x"
    flag: bool = False
    widths: tuple[int, ...] = (1, 2)
    parts: tuple[Inner, ...] = ()
    inner: Inner = Inner()
    limit: float | None = None
    spare: Inner | None = None
    pair: tuple[int, str] = (0, "")
    names: list[str] = dataclasses.field(default_factory=list)
    shares: dict[str, float] = dataclasses.field(default_factory=dict)
    inners: dict[str, Inner] = dataclasses.field(default_factory=dict)
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
    place: int | str | None = None


INNERS = st.builds(Inner, rate=st.floats(allow_nan=False), kind=st.sampled_from(["constant", "linear"]))
OUTERS = st.builds(
    Outer,
    size=st.integers(),
    name=st.text(),
    flag=st.booleans(),
    widths=st.lists(st.integers()).map(tuple),
    parts=st.lists(INNERS, max_size=3).map(tuple),
    inner=INNERS,
    limit=st.none() | st.floats(allow_nan=False),
    spare=st.none() | INNERS,
    pair=st.tuples(st.integers(), st.text()),
    names=st.lists(st.text()),
    shares=st.dictionaries(st.text(), st.floats(allow_nan=False)),
    inners=st.dictionaries(st.text(), INNERS, max_size=2),
    extra=st.dictionaries(st.text(), st.none() | st.booleans() | st.lists(st.integers())),
    place=st.none() | st.integers() | st.text(),
)


@given(OUTERS)
def test_json_and_back_restores_tuples_and_nested_configurations(config: Outer) -> None:
    assert from_dict(Outer, json.loads(json.dumps(to_dict(config)))) == config
    assert from_dict(Outer, to_dict(config)) == config


def test_dictionaries_keep_the_order_of_the_fields() -> None:
    assert list(to_dict(Outer(size=1))) == [f.name for f in dataclasses.fields(Outer)]
    assert json.dumps(to_dict(Inner())) == '{"rate": 0.5, "kind": "constant"}'


def test_fields_left_out_keep_their_defaults() -> None:
    assert from_dict(Outer, {"size": 3, "inner": {"rate": 1}}) == Outer(size=3, inner=Inner(rate=1.0))


def test_whole_number_where_a_fraction_is_expected_becomes_one() -> None:
    config = from_dict(Outer, {"size": 1, "limit": 2, "shares": {"a": 1}})
    assert type(config.limit) is type(config.shares["a"]) is float


def problem(values: Any, where: str = "") -> str:
    """Return the error message about the values of an `Outer`."""
    with pytest.raises(ParameterError) as caught:
        from_dict(Outer, values, where=where)
    return str(caught.value)


ALLOWED = "Allowed: size, name, flag, widths, parts, inner, limit, spare, pair, names, shares, inners, extra, place."


def test_unknown_key_names_the_nearest() -> None:
    assert problem({"size": 1, "width": 3}) == f"Unknown field 'width' of Outer; did you mean 'widths'? {ALLOWED}"


def test_unknown_key_with_none_near() -> None:
    assert problem({"size": 1, "zzz": 3}) == f"Unknown field 'zzz' of Outer. {ALLOWED}"


def test_place_is_named() -> None:
    assert problem({"size": 1, "zzz": 3}, "run/config.json") == f"Unknown field 'zzz' of Outer in run/config.json. {ALLOWED}"
    assert problem({"size": "1"}, "run/config.json") == "Outer.size in run/config.json must be int, got '1'."
    assert problem({"size": 1, "widths": ["1"]}, "a.json") == "Outer.widths[0] in a.json must be int, got '1'."


def test_unknown_key_of_a_nested_configuration() -> None:
    expected = "Unknown field 'rat' of Inner in Outer.{}; did you mean 'rate'? Allowed: rate, kind."
    assert problem({"size": 1, "inner": {"rat": 1.0}}) == expected.format("inner")
    assert problem({"size": 1, "inners": {"a": {"rat": 1.0}}}) == expected.format("inners['a']")
    assert problem({"size": 1, "parts": [{}, {"rat": 1.0}]}, "x.json") == expected.format("parts[1] in x.json")
    assert problem({"size": 1, "parts": [{}, {"rat": 1.0}]}) == expected.format("parts[1]")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"size": 1.0}, "Outer.size must be int, got 1.0."),
        ({"size": True}, "Outer.size must be int, got True."),
        ({"size": None}, "Outer.size must be int, got None."),
        ({"name": 3}, "Outer.name must be str, got 3."),
        ({"flag": 1}, "Outer.flag must be bool, got 1."),
        ({"flag": "false"}, "Outer.flag must be bool, got 'false'."),
        ({"limit": "2"}, "Outer.limit must be float, got '2'."),
        ({"limit": True}, "Outer.limit must be float, got True."),
        ({"widths": 3}, "Outer.widths must be a list, got 3."),
        ({"widths": "12"}, "Outer.widths must be a list, got '12'."),
        ({"widths": [1, "2"]}, "Outer.widths[1] must be int, got '2'."),
        ({"pair": [1]}, "Outer.pair must have 2 items, got 1."),
        ({"pair": [1, "a", "b"]}, "Outer.pair must have 2 items, got 3."),
        ({"pair": [1, 2]}, "Outer.pair[1] must be str, got 2."),
        ({"pair": ["1", "a"]}, "Outer.pair[0] must be int, got '1'."),
        ({"names": "ab"}, "Outer.names must be a list, got 'ab'."),
        ({"names": ["a", 1]}, "Outer.names[1] must be str, got 1."),
        ({"shares": [1]}, "Outer.shares must be an object of named fields, got [1]."),
        ({"shares": {"a": 0.5, "b": "c"}}, "Outer.shares['b'] must be float, got 'c'."),
        ({"shares": {1: 0.5}}, "a key of Outer.shares must be str, got 1."),
        ({"inners": {"a": 1}}, "Inner in Outer.inners['a'] must be an object of named fields, got int."),
        ({"extra": []}, "Outer.extra must be an object of named fields, got []."),
        ({"place": 0.5}, "Outer.place must be str, got 0.5."),
        ({"inner": 3}, "Inner in Outer.inner must be an object of named fields, got int."),
        ({"inner": {"kind": "cubic"}}, "Inner.kind in Outer.inner must be one of constant, linear, got 'cubic'."),
        ({"inner": {"kind": ["linear"]}}, "Inner.kind in Outer.inner must be one of constant, linear, got ['linear']."),
        ({"spare": [1]}, "Inner in Outer.spare must be an object of named fields, got list."),
    ],
)
def test_wrong_type(values: dict[str, Any], expected: str) -> None:
    assert problem({"size": 1, **values}) == expected


def test_a_field_that_is_any_object_must_be_one() -> None:
    with pytest.raises(ParameterError, match=r"^MusicRecipe\.config must be an object of named fields, got 'x'\.$"):
        from_dict(MusicRecipe, {"model": "plan-vae", "config": "x", "representation": {"name": "melody"}, "training": {}})


@pytest.mark.parametrize("values", [None, 3, [1], "size"])
def test_not_an_object(values: Any) -> None:
    assert problem(values) == f"Outer must be an object of named fields, got {type(values).__name__}."


def test_missing_field_without_default() -> None:
    with pytest.raises(ParameterError, match=r"^Outer is incomplete: .*missing 1 required keyword-only argument: 'size'\.$"):
        from_dict(Outer, {})


def test_some_fields_are_changed_and_the_rest_is_copied() -> None:
    config = Outer(size=1, widths=(3,), inner=Inner(rate=2.0))
    assert with_changes(config, name="y") == dataclasses.replace(config, name="y")
    assert config.name == "x"


def test_changes_are_as_strict() -> None:
    with pytest.raises(ParameterError, match=re.escape("Unknown field 'sise' of Outer; did you mean 'size'?")):
        with_changes(Outer(size=1), sise=2)
    with pytest.raises(ParameterError, match=r"^Outer\.size must be int, got 'two'\.$"):
        with_changes(Outer(size=1), size="two")


def test_nearest() -> None:
    assert nearest("melodi", ["melody", "drums"]) == "; did you mean 'melody'?"
    assert nearest("qqq", ["melody", "drums"]) == "."
    assert nearest("melody", []) == "."
