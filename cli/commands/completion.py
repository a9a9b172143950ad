"""`musicae completion`: let the Tab key complete commands, options and names."""

import click
from click.shell_completion import get_completion_class

VARIABLE = "_MUSICAE_COMPLETE"  # by it the script asks for completions; click derives it from the program's name


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script by which SHELL completes commands, options and names of models, presets and collections.

    Evaluate it when the shell starts, or, which is faster, write it once to the file that the shell reads:

    \b
    bash  eval "$(musicae completion bash)"         in ~/.bashrc
    zsh   eval "$(musicae completion zsh)"          in ~/.zshrc
    fish  musicae completion fish | source          in ~/.config/fish/config.fish

    \b
    Example:
        musicae completion bash > musicae-completion.bash
    """
    kind = get_completion_class(shell)
    assert kind is not None, "click has these three shells"
    click.echo(kind(context.find_root().command, {}, "musicae", VARIABLE).source())
