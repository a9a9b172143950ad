"""The folder of a training run: what lies in it, written whole or not at all, and read back safely.

`config.json` (the recipe), `metrics.csv`, `last.safetensors`, `best.safetensors`, and `state.pt`, which only resuming reads; a
training holds `lock` while it runs.
"""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from musicae.checkpoints.format import CheckpointInfo
from musicae.core.device import keep_freed_memory
from musicae.core.files import write_atomically
from musicae.errors import CheckpointError, DataError

__all__ = ["RunFolder", "begin", "recipe_of"]


def begin(folder: Path, *, threads: int | None, resume: bool, force: bool) -> None:
    """Check that a run may begin in a folder, and set this process up for training.

    Arguments:
        folder: Run folder.
        threads: CPU threads; None takes all cores.
        resume: Go on with the run that lies there.
        force: Start anew though one lies there.

    Raises:
        DataError: the folder holds a run, which is neither to be resumed nor to be overwritten.
    """
    if (folder / "state.pt").exists() and not (resume or force):
        raise DataError(f"{folder} holds a run already. Go on with --resume, overwrite with --force, or choose another.")
    keep_freed_memory()
    if threads:
        torch.set_num_threads(threads)


def recipe_of(info: CheckpointInfo, training: dict[str, Any]) -> dict[str, Any]:
    """Return what a run's `config.json` holds; `musicae train --config` takes it."""
    return {
        "model": info.model,
        "config": info.config,
        "representation": info.representation,
        "bars": info.bars,
        "data": info.data,
        "training": training,
    }


class RunFolder:
    """One run's folder.

    Arguments:
        path: The folder; made when something is written.
        recipe: What the run trains and how, JSON-able; a run is resumed under the same recipe only.
    """

    def __init__(self, path: Path, recipe: dict[str, Any]) -> None:
        self.path = path
        self.recipe: dict[str, Any] = json.loads(json.dumps(recipe))  # JSON has lists for tuples, as what is read back

    @property
    def best(self) -> Path:
        """The checkpoint of the best validation."""
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        """The checkpoint of the latest step."""
        return self.path / "last.safetensors"

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the folder, so that no other training writes into it.

        Raises:
            DataError: another training holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            held = FileLock(self.path / "lock", timeout=0).acquire()
        except Timeout as error:
            raise DataError(f"{self.path} is held by a training that still runs. Wait, end it, or choose another.") from error
        with held:
            yield

    def clear(self) -> None:
        """Delete what an earlier run left."""
        for path in (self.best, self.last, self.path / "state.pt", self.path / "metrics.csv"):
            path.unlink(missing_ok=True)

    def write_recipe(self) -> None:
        """Write `config.json`."""
        write_atomically(self.path / "config.json", (json.dumps(self.recipe, indent=2) + "\n").encode())

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Write `metrics.csv`, a line for each of `rows`."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(self.path / "metrics.csv", text.getvalue().encode())

    def write_state(self, state: dict[str, Any]) -> None:
        """Write `state.pt`: plain containers and tensors, with the recipe."""
        buffer = io.BytesIO()
        torch.save({**state, "recipe": json.dumps(self.recipe)}, buffer)
        write_atomically(self.path / "state.pt", buffer.getvalue())

    def read_state(self, device: torch.device) -> dict[str, Any]:
        """Read `state.pt`.

        Raises:
            CheckpointError: there is none, it is damaged, or it belongs to another recipe.
        """
        path = self.path / "state.pt"
        try:
            state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
            theirs = json.loads(state["recipe"])
        except FileNotFoundError as error:
            raise CheckpointError(f"{path} does not exist: there is no run to resume. Leave out --resume.") from error
        except Exception as error:  # torch raises many kinds for a damaged file
            raise CheckpointError(f"{path} is damaged and cannot be resumed. Start a new run.") from error
        changed = self._changed(theirs)
        if changed:
            raise CheckpointError(f"{path} belongs to another recipe ({', '.join(changed)} differ). Start a new run.")
        return state

    def _changed(self, theirs: dict[str, Any]) -> list[str]:
        """Name what differs from another recipe; only the number of steps may."""
        ours = self.recipe
        changed = [name for name in ours if name != "training" and ours[name] != theirs.get(name)]
        for name, value in ours["training"].items():
            if name != "steps" and value != theirs.get("training", {}).get(name):
                changed.append(name)
        return changed
