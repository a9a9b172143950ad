"""Training recipes: what the recipes of music and images share, and how they are read from JSON."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from musicae.checkpoints.version_1 import upgrade_config
from musicae.core.config import from_dict, read_json
from musicae.training.optimizer import TrainingConfig

__all__ = ["Recipe"]


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """A model with its sizes, and how to train it.

    Arguments:
        model: Name of the model class (a key of `musicae.core.registry.MODELS`).
        summary: One line for the help of the training command.
        config: Fields of the model's configuration that differ from its defaults.
        training: How to train.
    """

    model: str
    summary: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    training: TrainingConfig

    @classmethod
    @abstractmethod
    def fields_of_run(cls, run: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a recipe from the content of a run folder's `config.json`.

        Arguments:
            run: What `musicae.training.run_folder.recipe_of` returned.
        """

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe from a JSON file; the `config.json` of a run folder is one too.

        Fields of a model's configuration may have the names of version 0.1.

        Raises:
            ParameterError: the file cannot be read, is not valid JSON, or has unknown or missing fields.
        """
        values = read_json(path)
        if isinstance(values, dict):
            version = values.pop("format_version", 1)
            if isinstance(values.get("data"), dict):  # a run records its data
                values = cls.fields_of_run(values)
            if version == 1 and isinstance(values.get("config"), dict):
                values["config"] = upgrade_config(values.get("model"), values["config"])
        return from_dict(cls, values, where=str(path))
