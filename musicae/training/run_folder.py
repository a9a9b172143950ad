"""The folder of a training run. Files are written whole or not at all, and read without pickle.

A run folder holds `config.json` (the recipe), `metrics.csv`, `last.safetensors`, `best.safetensors` and `state.pt`, which only
`--resume` reads. A training locks the file `lock` while it runs.
"""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch
from filelock import FileLock, Timeout

from musicae.checkpoints.format import FORMAT_VERSION, CheckpointInfo
from musicae.checkpoints.version_1 import upgrade_state
from musicae.core.device import keep_freed_memory
from musicae.core.files import write_atomically
from musicae.errors import CheckpointError, DataError

__all__ = ["RunFolder", "RunOptions", "prepare_run_folder", "recipe_of"]


@final
@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run is started, whatever it trains.

    Arguments:
        folder: Run folder.
        device: `auto`, `cpu`, `cuda` or `mps`.
        threads: CPU threads; None uses all cores.
        init_from: A checkpoint whose weights the model starts from.
        resume: Whether to continue the run in `folder`.
        force: Whether to start again in a folder that holds a run.
    """

    folder: Path
    device: str = "auto"
    threads: int | None = None
    init_from: str | None = None
    resume: bool = False
    force: bool = False


def prepare_run_folder(run: RunOptions) -> None:
    """Check that a run may start in its folder, and set this process up for training; a second call changes nothing.

    Raises:
        DataError: the folder is a file, or holds a run that is neither to be resumed nor to be overwritten.
    """
    if run.folder.is_file():
        raise DataError(f"{run.folder} is a file; -o names the run folder.")
    if (run.folder / "state.pt").exists() and not (run.resume or run.force):
        raise DataError(
            f"{run.folder} already holds a run. Continue it with --resume, overwrite it with --force, or choose another."
        )
    keep_freed_memory()
    if run.threads:
        torch.set_num_threads(run.threads)


def recipe_of(info: CheckpointInfo, training: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a run's `config.json`, which `musicae train --config` takes as a recipe."""
    return {
        "model": info.model,
        "config": info.config,
        "representation": info.representation,
        "bars": info.bars,
        "data": info.data,
        "training": training,
    }


@final
class RunFolder:
    """The folder of one run.

    Arguments:
        path: The folder; it is created when something is written.
        recipe: What the run trains and how, JSON-able; a run can be resumed with the same recipe only.
    """

    def __init__(self, path: Path, recipe: dict[str, Any]) -> None:
        self.path = path
        self.recipe: dict[str, Any] = json.loads(json.dumps(recipe))  # lists for tuples, as in what is read back

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
        """Lock the folder, so that no other training writes into it.

        Raises:
            DataError: another training has locked it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(self.path / "lock", timeout=0).acquire()
        except Timeout as error:
            raise DataError(f"{self.path} is in use by a training that still runs. Wait, end it, or choose another.") from error
        with lock:
            yield

    def clear(self) -> None:
        """Delete the files of an earlier run."""
        for path in (self.best, self.last, self.path / "state.pt", self.path / "metrics.csv"):
            path.unlink(missing_ok=True)

    def write_recipe(self) -> None:
        """Write `config.json`."""
        content = {"format_version": FORMAT_VERSION, **self.recipe}
        write_atomically(self.path / "config.json", (json.dumps(content, indent=2) + "\n").encode())

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Write `metrics.csv`, one line per row."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(self.path / "metrics.csv", text.getvalue().encode())

    def write_state(self, state: dict[str, Any]) -> None:
        """Write `state.pt`: plain containers and tensors, with the recipe."""
        buffer = io.BytesIO()
        torch.save({**state, "recipe": json.dumps(self.recipe), "format_version": FORMAT_VERSION}, buffer)
        write_atomically(self.path / "state.pt", buffer.getvalue())

    def read_state(self, device: torch.device) -> dict[str, Any]:
        """Read `state.pt`, of the current format or of version 1.

        Raises:
            CheckpointError: the file is missing, is damaged, has a newer format, or belongs to another recipe.
        """
        path = self.path / "state.pt"
        try:
            state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
            version = state.get("format_version", 1)
            if version == 1:
                state = upgrade_state(state)
            theirs = json.loads(state["recipe"])
        except FileNotFoundError as error:
            raise CheckpointError(f"{path} does not exist: there is no run to resume. Run it without --resume.") from error
        except Exception as error:  # torch raises many kinds for a damaged file
            raise CheckpointError(f"{path} is damaged and cannot be resumed. Start a new run.") from error
        if version not in (1, FORMAT_VERSION):
            raise CheckpointError(
                f"{path} has format {version}; this version of musicae reads formats 1 and {FORMAT_VERSION}. Update musicae."
            )
        changed = self._changed(theirs)
        if changed:
            raise CheckpointError(f"{path} belongs to another recipe ({', '.join(changed)} differ). Start a new run.")
        return state

    def _changed(self, theirs: dict[str, Any]) -> list[str]:
        """Return the names of what differs from another recipe; the number of steps may differ."""
        ours = self.recipe
        changed = [name for name in ours if name != "training" and ours[name] != theirs.get(name)]
        for name, value in ours["training"].items():
            if name != "steps" and value != theirs.get("training", {}).get(name):
                changed.append(name)
        return changed
