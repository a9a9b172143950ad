"""The words of model cards that depend on the kind of music."""

from dataclasses import dataclass

__all__ = ["CardWords"]


@dataclass(frozen=True, kw_only=True)
class CardWords:
    """Phrases of a model card that depend on the kind of music.

    Arguments:
        inputs: What a window holds. `{grid}` stands for the grid, `{bar_steps}` for the longest bar in time steps.
        objective: The terms of the likelihood.
        limits: What the model is not for.
        works: What its collections hold, such as tunes.
        split: How these are split, as a sentence.
        duplicates: Which windows count as equal.
        notes: Explanation of the metrics, as sentences.
        columns: Metrics of the table, in their order.
        data_option: The option with which `musicae evaluate` finds the data; empty for the default collections.
        unseen: Collections that a released model is measured on too, and that are never training data.
    """

    inputs: str = "music on a grid of {grid}, in any metre with bars of up to {bar_steps} time steps"
    objective: str = "negative log-likelihood of the tokens, summed over time steps"
    limits: str = "music of other kinds"
    works: str = "tunes"
    split: str = "Tunes are split by name into train (85 %), validation (5 %) and test (10 %)."
    duplicates: str = "equal windows"
    notes: str = ""
    columns: tuple[str, ...] = ("windows", "hold_accuracy", "step_accuracy", "exact", "kl_bits", "nll_bits")
    data_option: str = ""
    unseen: tuple[str, ...] = ()
