"""Several options that a command gets as one argument, so that its signature names what they are for."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

__all__ = ["bundle"]

F = TypeVar("F", bound=Callable[..., Any])


def bundle(
    into: str, make: Callable[..., Any], names: Sequence[str], parts: Sequence[Callable[[Any], Any]]
) -> Callable[[F], F]:
    """Return a decorator that adds options to a command.

    Arguments:
        into: Name of the command's argument.
        make: Makes its value from the options' values, given by their names.
        names: The options' parameter names.
        parts: The options, in the order of the help.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def command(*args: Any, **values: Any) -> Any:
            own = {name: values.pop(name) for name in names}
            return function(*args, **{into: make(**own)}, **values)

        decorated: Any = command
        for part in reversed(parts):
            decorated = part(decorated)
        return decorated

    return decorate
