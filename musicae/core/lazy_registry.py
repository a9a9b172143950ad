"""A registry of names whose values are imported on first use. It imports nothing itself, so it needs no torch."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar, final

__all__ = ["Registry", "import_path"]

T = TypeVar("T")


def import_path(path: str) -> Any:
    """Import and return the object at a path such as `package.module:Name`."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


@final
class Registry(Mapping[str, T], Generic[T]):
    """A mapping whose values are imported on first use.

    Arguments:
        places: Import path of each value by name, as `package.module:Name`.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = dict(places)

    def __getitem__(self, name: str) -> T:
        """Import and return the value of a name; KeyError for an unknown name."""
        return import_path(self.places[name])

    def __contains__(self, name: object) -> bool:
        """Return whether there is a name, without importing anything."""
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names without importing anything."""
        return iter(self.places)

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self.places)
