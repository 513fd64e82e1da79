"""The command line: `chatrec index | train | chat | ui | recommend | evaluate | catalogs | doctor`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from chatrec.cli_evaluate import Catalog, evaluate
from chatrec.errors import ChatRecError

app = typer.Typer(
    name="chatrec",
    help="A conversational recommender for your own catalogue.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
catalogs = typer.Typer(help="The catalogues that are indexed.", no_args_is_help=True)
app.add_typer(catalogs, name="catalogs")
app.add_typer(evaluate, name="evaluate")

llm = typer.Typer(help="The language models that run in this process.", no_args_is_help=True)
app.add_typer(llm, name="llm")

SAMPLE = "sample"
"""The name of the catalogue that ships, and of its index where no other is asked for."""


@app.command()
def index(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="The catalogue that ships with chatrec.")] = False,
    format: Annotated[str, typer.Option(help="Format of the files; auto finds it out.")] = "auto",
    catalog: Catalog = "",
    sync: Annotated[bool, typer.Option("--sync", help="Also remove what the files no longer have.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Start over.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad records out, and list them.")] = False,
    policy: Annotated[
        Path | None, typer.Option(help="House rules, as TOML; default: policy.toml in a folder that is indexed.")
    ] = None,
) -> None:
    """Index files into a catalogue, or bring it up to date."""
    from chatrec.commands import indexing

    if sync and (reset or skip_bad):
        raise typer.BadParameter("--sync goes with neither --reset nor --skip-bad, which would remove what is bad.")
    if not paths and not sample:
        raise typer.BadParameter("Name files or folders, or --sample.")
    mode: Literal["update", "sync", "reset"] = "sync" if sync else "reset" if reset else "update"
    # CHATREC_CATALOG may name somebody's own catalogue: the sample goes there only when it is told to.
    name = catalog or (SAMPLE if sample else "")
    indexing.run(
        paths or [], sample=sample, format=format, catalog=name, mode=mode, skip_bad=skip_bad, policy=policy
    )  # fmt: skip


@app.command()
def train(
    files: Annotated[list[Path] | None, typer.Argument(help="Either of both sorts; their content tells.")] = None,
    dialogues: Annotated[list[Path] | None, typer.Option(help="Past conversations; may be repeated.")] = None,
    interactions: Annotated[list[Path] | None, typer.Option(help="Who used what; may be repeated.")] = None,
    feedback: Annotated[bool, typer.Option("--feedback", help="Also what was marked good in kept chats.")] = False,
    recommender: Annotated[
        list[str] | None,
        typer.Option(help="Name of a recommender model to fit, to be a route; may be repeated."),
    ] = None,
    ranking: Annotated[
        bool, typer.Option("--ranking", help="Also what the language model's say in the order is worth; slow.")
    ] = False,
    catalog: Catalog = "",
    seed: Annotated[int, typer.Option(help="The same seed learns the same.")] = 0,
) -> None:
    """Learn from past conversations and interactions how to find."""
    from chatrec.commands import training

    training.run(
        dialogues=[*(dialogues or []), *(files or [])],
        interactions=interactions or [],
        feedback=feedback,
        recommenders=recommender or [],
        ranking=ranking,
        catalog=catalog,
        seed=seed,
    )


@app.command()
def chat(
    catalog: Catalog = "",
    session: Annotated[str, typer.Option(help="Id of a conversation to go on with.")] = "",
    user: Annotated[str, typer.Option(help="Whose conversation it is.")] = "",
) -> None:
    """Talk to a catalogue in the terminal."""
    from chatrec.commands import chatting

    chatting.run(catalog=catalog, session=session, user=user)


@app.command()
def ui(
    catalog: Catalog = "",
    host: Annotated[str, typer.Option(help="Address to listen on; default: CHATREC_UI_HOST.")] = "",
    port: Annotated[int, typer.Option(help="Port; default: CHATREC_UI_PORT.")] = -1,
    sample: Annotated[bool, typer.Option("--sample", help="Index the sample first, where it is missing.")] = False,
    pull: Annotated[
        bool, typer.Option("--pull", help="Fetch a local language model beside it, where none is there.")
    ] = False,
) -> None:
    """Open the page."""
    from chatrec.app import ChatRec
    from chatrec.ui import serve

    rec = ChatRec.from_env(catalog=catalog or None)
    settings = rec.settings
    if sample and settings.catalog == SAMPLE and SAMPLE not in rec.catalogs():
        from chatrec.commands import indexing

        indexing.run([], sample=True)
    if pull:
        from chatrec.llm.pull import in_background

        in_background(settings, typer.echo)
    serve(
        rec,
        host=host or settings.ui_host,
        port=settings.ui_port if port < 0 else port,
        ready=lambda address: typer.echo(f"The page is at {address}  (Ctrl-C stops it)"),
    )


@app.command()
def recommend(
    text: Annotated[str, typer.Argument(help="What you are looking for, in your own words.")],
    n: Annotated[int, typer.Option("-n", help="How many items.")] = 5,
    catalog: Catalog = "",
    filter: Annotated[
        list[str] | None, typer.Option(help="facet=value, facet=one,other or facet=from..to; may be repeated.")
    ] = None,
    liked: Annotated[list[str] | None, typer.Option(help="Id of an item you like; may be repeated.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """One answer, without a conversation."""
    from chatrec.commands import recommending

    recommending.run(text, n=n, catalog=catalog, filters=filter or [], liked=liked or [], as_json=json)


@catalogs.command("list")
def list_() -> None:
    """The catalogues that are indexed, with their sizes."""
    from chatrec.commands import catalogues

    catalogues.listed()


@catalogs.command()
def remove(
    name: Annotated[str, typer.Argument(help="Name of the catalogue.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a catalogue's index; conversations about it stay."""
    from chatrec.commands import catalogues

    catalogues.removed(name, ask=not yes)


@llm.command("list")
def list_models() -> None:
    """The models that can be fetched: size, licence, publisher, and which are there."""
    from chatrec.commands import llm

    llm.listed()


@llm.command("pull")
def pull_model(
    name: Annotated[str, typer.Argument(help="Name of the model; default: the first of the list.")] = "",
) -> None:
    """Fetch a model; goes on where it was cut off."""
    from chatrec.commands import llm

    llm.pulled(name)


@app.command()
def doctor() -> None:
    """What is installed, what runs, what is missing, and the command that mends it."""
    from chatrec.commands import examining

    raise typer.Exit(examining.run())


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        from chatrec import __version__

        typer.echo(f"chatrec {__version__}")
        raise typer.Exit


def main() -> None:
    """Runs a command. Errors of chatrec's own end with a sentence and status 2; other ones with their traceback."""
    try:
        app()
    except ChatRecError as error:
        from rich.console import Console

        Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False, highlight=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
