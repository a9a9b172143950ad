"""A group of commands that knows what was meant."""

import click

from musicae.config import nearest

__all__ = ["SuggestingGroup"]


class SuggestingGroup(click.Group):
    """A group that names the nearest command where one is misspelt."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names, and the arguments left for it."""
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}{nearest(args[0], known)}")
        return super().resolve_command(ctx, args)
