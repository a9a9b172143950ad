"""Configurations: frozen dataclasses to plain dictionaries and back, strict on names and types.

A configuration is a frozen, keyword-only dataclass of plain fields (numbers, text, booleans, tuples, dictionaries, nested
configurations). JSON has no tuples, so `from_dict` restores them from the annotations.
"""

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from musicae.errors import MusicaeError, ParameterError

__all__ = ["check_temperature", "from_dict", "look_up", "nearest", "read_json", "to_dict", "with_changes"]

C = TypeVar("C")


def to_dict(config: Any) -> dict[str, Any]:
    """Return a configuration as a plain dictionary (nested, JSON-able)."""
    return dataclasses.asdict(config)


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        ParameterError: the file cannot be read, or is not valid JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except ValueError as error:
        raise ParameterError(f"{path} is not valid JSON: {error}. Fix it or pass another file.") from error


def nearest(word: str, words: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the allowed word closest to `word`, or a full stop if none is close."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean {close[0]!r}?" if close else "."


def check_temperature(temperature: float) -> None:
    """Check a sampling temperature.

    Raises:
        ParameterError: it is negative or not finite.
    """
    if not 0 <= temperature < float("inf"):
        raise ParameterError(f"temperature must be a number of at least 0, got {temperature}.")


def look_up(what: str, name: str, table: Mapping[str, C], error: type[MusicaeError] = ParameterError) -> C:
    """Return an entry of a table by name.

    Arguments:
        what: What the entries are, for the message.
        name: Name of the entry.
        table: The entries by name.
        error: Type of the error.

    Raises:
        MusicaeError: the table has no entry of that name; of the type `error`.
    """
    if name not in table:
        raise error(f"Unknown {what} {name!r}{nearest(name, table)} Known: {', '.join(table)}.")
    return table[name]


def with_changes(config: C, /, **changes: Any) -> C:
    """Return a copy of a configuration with some fields changed, as strict as `from_dict`.

    Raises:
        ParameterError: a name in `changes` is not a field, or a value has the wrong type.
    """
    return from_dict(type(config), {**to_dict(config), **changes})


def from_dict(cls: type[C], values: dict[str, Any], *, where: str = "") -> C:
    """Build the configuration dataclass `cls` from a dictionary; missing fields keep their defaults.

    Arguments:
        cls: The dataclass to build.
        values: Its fields by name.
        where: Where the values come from, such as a file name, for error messages.

    Raises:
        ParameterError: an unknown key, a missing field without default, or a value of the wrong type.
    """
    place = f" in {where}" if where else ""
    if not isinstance(values, dict):
        raise ParameterError(f"{cls.__name__}{place} must be an object of named fields, got {type(values).__name__}.")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    for key in values:
        if key not in fields:
            allowed = ", ".join(fields)
            raise ParameterError(f"Unknown field {key!r} of {cls.__name__}{place}{nearest(key, fields)} Allowed: {allowed}.")
    parsed = {k: _parse(hints[k], v, f"{cls.__name__}.{k}", place) for k, v in values.items()}
    try:
        return cls(**parsed)
    except TypeError as error:
        raise ParameterError(f"{cls.__name__}{place} is incomplete: {error}.") from error


def _parse(hint: Any, value: Any, name: str, place: str) -> Any:
    """Check a value against an annotation, and turn lists into tuples and dictionaries into dataclasses.

    Arguments:
        hint: The annotation.
        value: The value.
        name: Name of the field, for messages.
        place: Where it stands, with ` in ` before it, or an empty string.
    """
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _parse_union(args, value, name, place)
    if dataclasses.is_dataclass(hint):
        kind = typing.cast(type, hint)
        return value if isinstance(value, kind) else from_dict(kind, value, where=f"{name}{place}")
    if origin in (tuple, list):
        return _parse_sequence(hint, value, name, place)
    if origin is dict:
        return _parse_mapping(args, value, name, place)
    if origin is typing.Literal:
        if value not in args:
            raise ParameterError(f"{name}{place} must be one of {', '.join(map(str, args))}, got {value!r}.")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str, bool) and type(value) is not hint:
        raise ParameterError(f"{name}{place} must be {hint.__name__}, got {value!r}.")
    return value


def _parse_union(hints: tuple[Any, ...], value: Any, name: str, place: str) -> Any:
    """Return the value as the first type of a union that it fits; the error is that of the last type."""
    if value is None and type(None) in hints:
        return None
    *others, last = (hint for hint in hints if hint is not type(None))
    for hint in others:
        try:
            return _parse(hint, value, name, place)
        except ParameterError:
            continue
    return _parse(last, value, name, place)


def _parse_sequence(hint: Any, value: Any, name: str, place: str) -> Any:
    """Return a list or tuple with every item checked."""
    kind, args = typing.get_origin(hint), typing.get_args(hint)
    if not isinstance(value, list | tuple):
        raise ParameterError(f"{name}{place} must be a list, got {value!r}.")
    if kind is list or args[-1] is ...:
        args = (args[0],) * len(value)
    if len(value) != len(args):
        raise ParameterError(f"{name}{place} must have {len(args)} items, got {len(value)}.")
    return kind(_parse(a, v, f"{name}[{i}]", place) for i, (a, v) in enumerate(zip(args, value, strict=True)))


def _parse_mapping(hints: tuple[Any, ...], value: Any, name: str, place: str) -> dict[Any, Any]:
    """Return a dictionary with every key and value checked."""
    if not isinstance(value, dict):
        raise ParameterError(f"{name}{place} must be an object of named fields, got {value!r}.")
    keys, values = hints
    return {_parse(keys, k, f"a key of {name}", place): _parse(values, v, f"{name}[{k!r}]", place) for k, v in value.items()}
