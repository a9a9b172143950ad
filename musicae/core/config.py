"""Frozen dataclasses to JSON and back, strict on unknown keys.

A configuration is a frozen, keyword-only dataclass of plain fields (numbers, text, booleans, tuples, nested
configurations). JSON knows no tuples, so `from_dict` restores them from the annotations.
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

__all__ = ["check_temperature", "from_dict", "look_up", "nearest", "read_json", "replace", "to_dict", "to_json"]

C = TypeVar("C")


def to_dict(config: Any) -> dict[str, Any]:
    """Return a configuration as a plain dictionary (nested, JSON-able)."""
    return dataclasses.asdict(config)


def to_json(config: Any, *, indent: int | None = 2) -> str:
    """Return a configuration as JSON text with a stable key order."""
    return json.dumps(to_dict(config), indent=indent)


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        ParameterError: the file cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except ValueError as error:
        raise ParameterError(f"{path} is not JSON: {error}. Mend it, or give another file.") from error


def nearest(word: str, words: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the allowed word closest to `word`, or a full stop where none is close."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean {close[0]!r}?" if close else "."


def check_temperature(temperature: float) -> None:
    """Raise ParameterError where a temperature is no finite number of at least 0."""
    if not 0 <= temperature < float("inf"):
        raise ParameterError(f"temperature must be a number of at least 0, got {temperature}.")


def look_up(what: str, name: str, table: Mapping[str, C], error: type[MusicaeError] = ParameterError) -> C:
    """Return the entry of a table by name.

    Arguments:
        what: What its entries are, for the message.
        name: The name.
        table: The entries.
        error: What is raised if there is none of that name.
    """
    if name not in table:
        raise error(f"Unknown {what} {name!r}{nearest(name, table)} Known: {', '.join(table)}.")
    return table[name]


def replace(config: C, /, **changes: Any) -> C:
    """Return a copy of `config` with some fields changed.

    Raises:
        ParameterError: a name in `changes` is not a field.
    """
    return from_dict(type(config), {**to_dict(config), **changes})


def from_dict(cls: type[C], values: dict[str, Any], *, where: str = "") -> C:
    """Build the configuration dataclass `cls` from a dictionary; fields left out keep their defaults.

    Arguments:
        cls: The dataclass to build.
        values: Its fields by name.
        where: Words that tell the reader where the values came from, for error messages.

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
    parsed = {k: _parse(hints[k], v, f"{cls.__name__}.{k}{place}") for k, v in values.items()}
    try:
        return cls(**parsed)
    except TypeError as error:
        raise ParameterError(f"{cls.__name__}{place} is incomplete: {error}.") from error


def _parse(hint: Any, value: Any, where: str) -> Any:
    """Check `value` against the annotation `hint`, turning lists into tuples and dictionaries into dataclasses."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        return _parse(next(a for a in args if a is not type(None)), value, where)
    if dataclasses.is_dataclass(hint):
        return value if isinstance(value, typing.cast(type, hint)) else from_dict(typing.cast(type, hint), value, where=where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ParameterError(f"{where} must be a list, got {value!r}.")
        return tuple(_parse(args[0], v, where) for v in value)
    if origin is dict and not isinstance(value, dict):
        raise ParameterError(f"{where} must be an object of named fields, got {value!r}.")
    if origin is typing.Literal:
        if value not in args:
            raise ParameterError(f"{where} must be one of {', '.join(map(str, args))}, got {value!r}.")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str, bool) and type(value) is not hint:
        raise ParameterError(f"{where} must be {hint.__name__}, got {value!r}.")
    return value
