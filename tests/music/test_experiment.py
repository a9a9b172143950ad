"""From recipes to runs: every preset of music trains, data and model are put together, wrong recipes are refused."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from musicae.checkpoints.format import load_checkpoint, read_info
from musicae.core.config import to_dict, with_changes
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.held_out import open_subject
from musicae.datasets.music.prepare import prepare
from musicae.errors import CheckpointError, DataError, ParameterError
from musicae.music.evaluation.report import evaluate
from musicae.music.experiment import MusicExperiment, spec_of
from musicae.music.models.batch import GridBatch
from musicae.music.models.conductor import ConductorVAE
from musicae.music.models.musicvae import MusicVAE
from musicae.music.models.plan import PlanVAE
from musicae.music.recipes import PRESETS, MusicRecipe, preset
from musicae.music.representations import REPRESENTATIONS, TripletGrid, WindowSpec
from musicae.music.windows import PreparedWindows
from musicae.training.run_folder import RunOptions

TINY = {"token_size": 6, "block_size": 12, "pooled_size": 8, "hidden_size": 16, "decoder_size": 12, "cell_size": 8}
MUSIC = [name for name, recipe in PRESETS.items() if recipe.representation["name"] in REPRESENTATIONS]
# The hierarchical baseline has 176 million parameters; here its structure is kept and its layers are narrow.
NARROW = {"latent_size": 8, "encoder_size": 6, "decoder_sizes": [8, 6], "conductor_sizes": [6, 4]}


def tiny(**changes: Any) -> MusicRecipe:
    """Return the default recipe with a small model and one step."""
    recipe = preset("melody-2bar")
    training = with_changes(recipe.training, steps=1, batch_size=8, seed=4)
    return with_changes(recipe, **{"config": {"latent_size": 4, **TINY}, "training": training, **changes})


def windows_of(recipe: MusicRecipe, tunes: Path | str) -> PreparedWindows:
    """Prepare the windows that the model of a recipe trains on."""
    spec = spec_of(recipe)
    return prepare(open_collections((str(tunes),), training=True, kind=spec.representation.kind), spec)


def open_run(recipe: MusicRecipe, folder: Path, tunes: Path | str, **run: Any) -> MusicExperiment:
    """Open an experiment on the CPU."""
    options = RunOptions(folder=folder, device="cpu", threads=1, **run)
    return MusicExperiment.open(recipe, windows_of(recipe, tunes), options)


@pytest.mark.parametrize("name", MUSIC)
def test_every_preset_trains_one_step(name: str, tmp_path: Path, tune_folder: Path, groove_folder: Path) -> None:
    recipe = preset(name)
    drums = recipe.representation["name"] == "drums"
    recipe = with_changes(recipe, training=with_changes(recipe.training, steps=1, batch_size=2))
    if name == "musicvae-16bar-hierdec":
        recipe = with_changes(recipe, config={**recipe.config, **NARROW})
    experiment = open_run(recipe, tmp_path, f"groove={groove_folder}" if drums else tune_folder)
    if name == "musicvae-16bar-hierdec":
        assert isinstance(experiment.trainer.model, MusicVAE)
        config = experiment.trainer.model.config
        assert (config.encoder_layers, len(config.decoder_sizes), len(config.conductor_sizes)) == (2, 2, 2)
        assert (config.segments, config.max_steps, config.sampling_rate) == (16, 512, 0.0)
    before = [p.detach().clone() for p in experiment.trainer.parameters]
    metrics = experiment.trainer.fit()
    assert any(not torch.equal(a, b) for a, b in zip(before, experiment.trainer.parameters, strict=True))
    assert 0.0 <= metrics["valid_hit_f1" if drums else "valid_note_f1"] <= 1.0 and metrics["valid_loss"] > 0.0
    assert metrics["valid_hold_accuracy"] > 0.3, "eighths and quarters are held most of the time"
    info = read_info(tmp_path / "best.safetensors")
    assert (info.model, info.bars, info.step) == (recipe.model, recipe.bars, 1)
    assert info.data["transpose"] == (0 if drums else 5)
    assert list(info.data["collections"]) == ["groove" if drums else "folder-tunes"]


def test_fewer_windows_than_a_batch_give_smaller_batches(tmp_path: Path, tune_folder: Path) -> None:
    recipe = tiny(training=with_changes(tiny().training, batch_size=500))
    experiment = open_run(recipe, tmp_path, tune_folder)
    windows = len(experiment.windows.rows("train"))
    assert 20 < windows < 500
    counts = ", ".join(f"{len(experiment.windows.rows(s))} {s}" for s in ("train", "valid", "test"))
    assert experiment.summary() == (
        f"plan-vae: {experiment.trainer.model.parameter_count():,} parameters on cpu; windows: {counts} from folder-tunes. "
        f"Only {windows} training windows: batches hold {windows}."
    )
    assert experiment.trainer.train_step()[1] == windows
    assert "Only" not in open_run(tiny(), tmp_path, tune_folder).summary()


def test_a_run_is_not_overwritten_unless_forced(tmp_path: Path, tune_folder: Path) -> None:
    open_run(tiny(), tmp_path, tune_folder).trainer.fit()
    with pytest.raises(DataError) as error:
        open_run(tiny(), tmp_path, tune_folder)
    assert str(error.value) == (
        f"{tmp_path} already holds a run. Continue it with --resume, overwrite it with --force, or choose another."
    )
    assert open_run(tiny(), tmp_path, tune_folder, force=True).trainer.step == 0
    assert open_run(tiny(), tmp_path, tune_folder, resume=True).trainer.step == 1


def test_other_data_are_another_recipe(tmp_path: Path, tune_folder: Path) -> None:
    open_run(tiny(), tmp_path, tune_folder).trainer.fit()
    with pytest.raises(CheckpointError, match=r"belongs to another recipe \(data differ\)\. Start a new run\.$"):
        open_run(tiny(transpose=0), tmp_path, tune_folder, resume=True)


def test_the_seed_draws_the_first_weights(tmp_path: Path, tune_folder: Path) -> None:
    def weights(seed: int) -> torch.Tensor:
        recipe = tiny(training=with_changes(tiny().training, seed=seed))
        tensor: torch.Tensor = open_run(recipe, tmp_path, tune_folder).trainer.model.state_dict()["head.pool.weight"]
        return tensor

    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))


def test_a_run_starts_from_a_checkpoint(tmp_path: Path, tune_folder: Path) -> None:
    first = open_run(tiny(), tmp_path / "a", tune_folder)
    first.trainer.fit()
    shown_more = {"latent_size": 4, **TINY, "token_dropout": 0.05}
    other = tiny(config=shown_more, training=with_changes(tiny().training, seed=9))
    second = open_run(other, tmp_path / "b", tune_folder, init_from=str(tmp_path / "a" / "last.safetensors"))
    assert second.trainer.step == 0
    beta = second.trainer.config.objective.beta
    assert (first.trainer.config.objective.beta.steps, beta.steps, beta.beta) == (300, 1, 0.25), "the KL is held at once"
    second.trainer.fit()
    assert open_run(other, tmp_path / "b", tune_folder, resume=True).trainer.config == second.trainer.config
    assert open_run(tiny(), tmp_path / "a", tune_folder, resume=True).trainer.config == first.trainer.config
    second = open_run(other, tmp_path / "b", tune_folder, init_from=str(tmp_path / "a" / "last.safetensors"), force=True)
    assert all(torch.equal(a, b) for a, b in zip(first.trainer.average, second.trainer.average, strict=True))
    assert (first.trainer.model.config.token_dropout, second.trainer.model.config.token_dropout) == (0.2, 0.05)
    wrong = tiny(config={**TINY, "latent_size": 5})
    path = tmp_path / "a"
    with pytest.raises(CheckpointError) as error:
        open_run(wrong, tmp_path / "c", tune_folder, init_from=str(path))
    assert str(error.value) == (
        f"{path} holds another model, size or representation than the recipe; train the preset it came from."
    )


def test_a_model_of_many_bars_starts_from_the_blocks_of_one_of_few(tmp_path: Path, tune_folder: Path) -> None:
    few = open_run(tiny(), tmp_path / "few", tune_folder)
    few.trainer.fit()
    path = str(tmp_path / "few" / "last.safetensors")
    sizes = {**TINY, "latent_size": 12, "bars": 4, "max_steps": 128}
    many = tiny(model="conductor-vae", config=sizes, bars=4)
    model, fresh = (open_run(many, tmp_path / n, tune_folder, init_from=i).trainer.model for n, i in (("a", path), ("b", None)))
    theirs, ours, untrained = load_checkpoint(Path(path))[0].state_dict(), model.state_dict(), fresh.state_dict()
    names = ("token.weight", "token.bias", "reader.squeeze.weight", "writer.decoder.weight_hh_l0")
    for name in (*names, "writer.feedback.2.weight", "writer.place_back.length.weight"):
        assert torch.equal(ours[name], theirs[name]) and not torch.equal(untrained[name], theirs[name])
    assert torch.equal(ours["conductor.weight_hh_l0"], untrained["conductor.weight_hh_l0"])
    wider = tiny(model="conductor-vae", config={**many.config, "token_size": 7}, bars=4)
    with pytest.raises(CheckpointError, match=r"The models' blocks differ: token_size is 7 here and 6 there\.$"):
        open_run(wider, tmp_path / "c", tune_folder, init_from=path)


def test_a_model_of_many_bars_begins_as_one_of_few_whose_windows_are_its_phrases(tmp_path: Path, tune_folder: Path) -> None:
    base = {**TINY, "mixing_layers": 0}  # else a block sees its neighbour in the next phrase
    few = open_run(tiny(config={**base, "latent_size": 4}), tmp_path / "few", tune_folder)
    few.trainer.fit()
    path = str(tmp_path / "few" / "last.safetensors")
    sizes = {**base, "latent_size": 8, "bars": 4, "max_steps": 128}
    many = open_run(tiny(model="conductor-vae", config=sizes, bars=4), tmp_path / "many", tune_folder, init_from=path)
    assert many.trainer.config.objective.beta.steps == 1, "the KL is held at once"
    model, phrase = many.trainer.model.eval(), load_checkpoint(Path(path))[0]
    assert isinstance(model, ConductorVAE) and isinstance(phrase, PlanVAE)
    drawn: GridBatch = many.trainer.source.batch(0, "cpu")
    x = GridBatch.from_windows([w for w in drawn.windows() if set(w.bar_steps) == {24}])  # four bars of 4/4
    assert len(x) > 1
    halves = [GridBatch(part, bars) for part, bars in zip(x.tokens.split(48, 1), x.bar_steps.split(2, 1), strict=True)]
    means = torch.cat([phrase.encode(half).mean for half in halves], dim=1)
    torch.testing.assert_close(model.encode(x).mean, means, rtol=1e-3, atol=1e-4)
    plans = torch.cat([phrase.plan_of(z, half) for z, half in zip(means.split(4, 1), halves, strict=True)], dim=1)
    torch.testing.assert_close(model.plan_of(means, x), plans, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "gan"}, "Unknown model 'gan'. Known: plan-vae, conductor-vae, musicvae, "),
        ({"representation": {"name": "melody", "steps": 3}}, "Representation 'melody' does not take these arguments: "),
        ({"config": {"latents": 3}}, "Unknown field 'latents' of PlanVAEConfig; did you mean 'latent_size'? Allowed: depth, "),
    ],
)
def test_recipes_that_do_not_fit_together_are_refused(changes: Any, message: str, tmp_path: Path, tune_folder: Path) -> None:
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        open_run(tiny(**changes), tmp_path, tune_folder)


def test_bars_too_long_for_the_model_are_no_training_data(tmp_path: Path, tune_folder: Path) -> None:
    recipe = tiny(bars=1, config={"latent_size": 4, **TINY, "max_bar_steps": 12})
    experiment = open_run(recipe, tmp_path, tune_folder)
    assert experiment.windows.bar_steps.max() == 12, "4/4 has 16 time steps, 3/4 and 6/8 have 12"
    experiment.trainer.fit()


def test_more_bars_than_time_steps_leave_nothing(tmp_path: Path, tune_folder: Path) -> None:
    with pytest.raises(DataError, match=r"^No window of 40 bars came out of folder-tunes: the tunes are shorter, or"):
        open_run(tiny(bars=40), tmp_path, tune_folder)


def test_a_runs_config_is_a_recipe(tmp_path: Path, tune_folder: Path) -> None:
    recipe = tiny(transpose=2)
    open_run(recipe, tmp_path, tune_folder).trainer.fit()
    again = MusicRecipe.read(tmp_path / "config.json")
    assert again.config["latent_size"] == 4 and again.transpose == 2
    assert with_changes(again, config={}, summary="", representation={}) == with_changes(
        recipe, config={}, summary="", representation={}
    )
    (tmp_path / "mine.json").write_text(json.dumps(to_dict(recipe)))
    assert MusicRecipe.read(tmp_path / "mine.json") == recipe


def test_unreadable_recipes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    with pytest.raises(ParameterError, match=f"^{re.escape(str(path))} cannot be read: no such file or directory\\.$"):
        MusicRecipe.read(path)
    path.write_text("{")
    with pytest.raises(ParameterError, match=f"^{re.escape(str(path))} is not valid JSON: "):
        MusicRecipe.read(path)
    path.write_text('{"model": "plan-vae", "config": {}, "representation": {}, "training": {"stepz": 1}}')
    with pytest.raises(ParameterError, match=r"^Unknown field 'stepz' of TrainingConfig.*; did you mean 'steps'\?"):
        MusicRecipe.read(path)
    with pytest.raises(ParameterError) as error:
        preset("melody-2bars")
    assert str(error.value).startswith("Unknown preset 'melody-2bars'; did you mean 'melody-2bar'? Known: melody-2bar, ")


def test_evaluation_measures_each_collection_on_windows_not_seen_in_training(tmp_path: Path, tune_folder: Path) -> None:
    experiment = open_run(tiny(), tmp_path, tune_folder)
    experiment.trainer.fit()
    done: list[tuple[int, int]] = []
    subject = open_subject(tmp_path, (str(tune_folder),), device="cpu")
    table = evaluate(subject, progress=lambda what, n, total: done.append((n, total)))
    assert list(table) == ["folder-tunes"] and done[-1][0] <= done[-1][1]
    assert table["folder-tunes"]["windows"] == len(experiment.windows.rows("test"))
    assert {"note_f1", "hold_accuracy", "exact", "kl_bits", "nll_bits", "active_units"} <= set(table["folder-tunes"])
    assert evaluate(subject, limit=2)["folder-tunes"]["windows"] == 2.0
    assert evaluate(open_subject(tmp_path, (str(tune_folder),), device="cpu")) == table, "measuring is repeatable"


def test_prepared_data_are_those_of_the_run(tmp_path: Path, tune_folder: Path) -> None:
    experiment = open_run(tiny(), tmp_path, tune_folder)
    again = prepare(open_collections((str(tune_folder),)), WindowSpec(TripletGrid(), 2, max_steps=64), jobs=0)
    assert again.key == experiment.windows.key == experiment.trainer.info.data["key"]
