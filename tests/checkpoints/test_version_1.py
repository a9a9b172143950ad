"""Files of format version 1: shipped models compute what they did, and models and runs are read under their old names."""

import json
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, read_info
from musicae.checkpoints.shipped import load_weights, shipped
from musicae.core.autoencoder import Autoencoder
from musicae.core.config import to_dict
from musicae.core.registry import MODELS
from musicae.errors import CheckpointError
from musicae.music.models.personal import PersonalVAE, PersonalVAEConfig
from musicae.music.models.plan import PlanVAE
from musicae.music.recipes import MusicRecipe
from musicae.training.loop import Trainer
from musicae.training.optimizer import TrainingConfig
from musicae.training.run_folder import RunFolder
from support.models import CASES, Case, conductor, data, plan


class Fixed:
    """The same batch at every step."""

    def __init__(self, batch: Any) -> None:
        self.fixed = batch

    def batch(self, step: int, device: torch.device | str) -> Any:
        return self.fixed


GOLDEN = runpy.run_path(str(Path(__file__).parents[1] / "golden" / "make_shipped.py"))
MELODIES = {"melody-2bar", "melody-2bar-sampling", "melody-16bar"}
NAMES = pytest.mark.parametrize("name", sorted(shipped()))


@NAMES
def test_domain_and_kind_of_shipped_models(name: str) -> None:
    info = read_info(shipped()[name])
    if name in MELODIES:
        assert (info.domain, info.kind) == ("music", "melody")
    elif name == "drums-2bar":
        assert (info.domain, info.kind) == ("music", "drums")
    else:
        assert (info.domain, info.kind) == ("images", "")
        assert info.data["images"] == 55_000 and "pictures" not in info.data and info.data["task"]["name"] == "images"


@pytest.fixture(scope="module")
def record() -> dict[str, Tensor]:
    """Return what version 0.1 computed with the shipped weights."""
    return load_file(GOLDEN["RECORD"])


@NAMES
def test_shipped_models_compute_what_version_0_1_computed(name: str, record: dict[str, Tensor]) -> None:
    with safe_open(GOLDEN["RECORD"], framework="numpy") as file:
        exact = json.loads(file.metadata()["machine"]) == GOLDEN["machine"]()
    results = GOLDEN["measure"](*load_weights(name))
    assert {f"{name}/{part}" for part in results} == {key for key in record if key.startswith(f"{name}/")}
    for part, result in results.items():
        expected = record[f"{name}/{part}"]
        if exact or not result.is_floating_point():
            assert torch.equal(result, expected), part
        else:  # sums are taken in another order on another processor
            torch.testing.assert_close(result, expected, rtol=1e-3, atol=1e-3, msg=part)


def renamed(names: Mapping[str, str], name: str) -> str:
    """Return the name that a parameter had in version 1."""
    old = {new: before for before, new in names.items()}
    prefixes = [new for new in old if name == new or name.startswith(f"{new}.")]
    return old[prefixes[0]] + name.removeprefix(prefixes[0]) if prefixes else name


def old_names(case: Case, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state dict with the names of version 1."""
    if case.model == PersonalVAE.name:
        base = MODELS[case.config.base].renamed_parameters
        old = {n: f"base.{renamed(base, n.removeprefix('base.'))}" if n.startswith("base.") else n for n in tensors}
    else:
        old = {name: renamed(MODELS[case.model].renamed_parameters, name) for name in tensors}
    return {old[name]: tensor for name, tensor in tensors.items()}


def old_fields(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with the field names of version 1."""
    before = {"expression_parts": "hit_parts", "expression_dropout": "value_dropout"}
    before |= {"discriminator_sizes": "opponent_sizes", "discriminator_rate": "opponent_rate"}
    return {before.get(n, n): old_fields(value) if isinstance(value, dict) else value for n, value in config.items()}


EXPRESSIVE = {
    "plan": plan(expression_parts=4, expression_dropout=0.5),
    "conductor": conductor(expression_parts=4),
    "personal": Case(
        PersonalVAE.name,
        PersonalVAEConfig(base=PlanVAE.name, base_config=vars(plan(expression_parts=4).config), anchors=6, latent_size=3),
    ),
    "adversarial": CASES["adversarial AE"],
}


def equal(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> bool:
    """Return whether two state dicts are the same."""
    return set(ours) == set(theirs) and all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


@pytest.mark.parametrize("case", EXPRESSIVE.values(), ids=EXPRESSIVE.keys())
def test_models_are_read_under_their_names_of_version_1(case: Case, tmp_path: Path) -> None:
    model, path = case.build(), tmp_path / "old.safetensors"
    old = old_names(case, model.state_dict())
    assert not set(old) <= set(model.state_dict())
    description = {"format_version": 1, "model": case.model, "config": old_fields(to_dict(case.config))}
    save_file(old, path, {"musicae": json.dumps(description)})
    again, info = load_checkpoint(path)
    assert isinstance(again, Autoencoder) and again.config == case.config
    assert info.config == json.loads(json.dumps(to_dict(case.config)))
    assert equal(again.state_dict(), model.state_dict())


def test_parameters_keep_the_order_of_version_1() -> None:
    """The optimizer's part of a training state refers to parameters by their order."""
    names = [name for name, _ in EXPRESSIVE["plan"].build().named_parameters()]
    old = list(old_names(EXPRESSIVE["plan"], dict.fromkeys(names, torch.zeros(()))))
    roots = list(dict.fromkeys(name.partition(".")[0] for name in old))
    assert roots == [
        *("out_bias", "token", "block_in", "place_in", "mixing", "squeeze", "plan_norm", "block_back", "place_back"),
        *("decoder", "to_cells", "told", "mix", "out", "hits"),
        *("pool", "deepen", "pool_norm", "posterior", "unfold", "widen", "plan"),
    ]


@pytest.mark.parametrize("case", [EXPRESSIVE["plan"], EXPRESSIVE["adversarial"]], ids=["plan", "adversarial"])
def test_a_run_of_version_1_is_resumed_bit_for_bit(case: Case, tmp_path: Path) -> None:
    def trainer(folder: Path, steps: int) -> Trainer:
        config = TrainingConfig(steps=steps, schedule="exponential", average=0.9, log_every=1, checkpoint_every=2)
        model = case.build()
        info = CheckpointInfo(domain="music", model=case.model, config=to_dict(case.config))
        return Trainer(model, config, Fixed(data(case)), folder, info)

    whole, first = trainer(tmp_path / "whole", 4), trainer(tmp_path / "run", 2)
    whole.fit()
    first.fit()
    state = torch.load(tmp_path / "run" / "state.pt", weights_only=True)
    assert state.pop("format_version") == 2
    recipe = json.loads(state["recipe"])
    state["recipe"] = json.dumps({**recipe, "config": old_fields(recipe["config"])})
    state["model"] = old_names(case, state["model"])
    if "discriminator" in state:
        state["opponent"] = state.pop("discriminator")
    torch.save(state, tmp_path / "run" / "state.pt")
    again = trainer(tmp_path / "run", 4)
    again.resume()
    assert again.step == 2
    again.fit()
    assert equal(again.model.state_dict(), whole.model.state_dict())


def test_a_newer_training_state_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, {"model": "toy", "training": {}})
    folder.write_state({})
    path = tmp_path / "state.pt"
    torch.save({**torch.load(path, weights_only=True), "format_version": 3}, path)
    with pytest.raises(CheckpointError) as error:
        folder.read_state(torch.device("cpu"))
    assert str(error.value) == f"{path} has format 3; this version of musicae reads formats 1 and 2. Update musicae."


def test_recipes_of_version_1_are_read(tmp_path: Path) -> None:
    config = {"latent_size": 4, "hit_parts": 9, "value_dropout": 0.25}
    run = {"model": "plan-vae", "config": config, "representation": {"name": "drums"}, "bars": 2, "data": {"transpose": 0}}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**run, "training": {"steps": 3}}))
    new = {"latent_size": 4, "expression_parts": 9, "expression_dropout": 0.25}
    assert MusicRecipe.read(path).config == new
    path.write_text(json.dumps({"format_version": 2, **run, "config": new, "training": {"steps": 3}}))
    assert MusicRecipe.read(path).config == new and MusicRecipe.read(path).transpose == 0
