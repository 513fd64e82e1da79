"""The command line: `chatrec evaluate dialogues | requests | ranking | grounding | scenarios | recommenders`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

evaluate = typer.Typer(help="How well a catalogue is retrieved from.", no_args_is_help=True)

Catalog = Annotated[str, typer.Option("--catalog", help="Name of the catalogue; default: CHATREC_CATALOG.")]

Ks = Annotated[str, typer.Option("--k", help="How many of a ranking count, comma-separated.")]
AsJson = Annotated[Path | None, typer.Option("--json", help="File to write everything to as JSON.")]
RunFile = Annotated[
    Path | None,
    typer.Option("--run", help="File to write each query's best items to: query Q0 item rank score tag (blanks: %20)."),
]
Against = Annotated[Path | None, typer.Option(help="Such a file, of another system, to be compared with.")]
Ablate = Annotated[bool, typer.Option("--ablate", help="Also without each route in turn.")]
Also = Annotated[
    str, typer.Option(help="Routes, comma-separated; also with each of them in turn, weighed by rank alone.")
]


@evaluate.command("dialogues")
def evaluate_dialogues(
    file: Annotated[Path, typer.Argument(help="Past dialogues, in any format that chatrec index reads.")],
    catalog: Catalog = "",
    format: Annotated[str, typer.Option(help="Format of the file; auto finds it out.")] = "auto",
    k: Ks = "1,5,10,20,50",
    json: AsJson = None,
    run: RunFile = None,
    ablate: Ablate = False,
    also: Also = "",
    against: Against = None,
) -> None:
    """Past dialogues: are the items found that the assistant went on to name?

    A query is called dialogue_id:turn. Items named before are neither looked for nor ranked.
    """
    from chatrec.commands import evaluating

    evaluating.run(
        "dialogues", file, catalog=catalog, format=format, ks=_ks(k), as_json=json, run_file=run, against=against,
        ablate=ablate, also=_names(also),
    )  # fmt: skip


@evaluate.command("requests")
def evaluate_requests(
    file: Annotated[Path, typer.Argument(help="JSON Lines: id, text, and relevant with a grade by item id.")],
    catalog: Catalog = "",
    k: Ks = "1,5,10,20,50",
    json: AsJson = None,
    run: RunFile = None,
    ablate: Ablate = False,
    also: Also = "",
    against: Against = None,
) -> None:
    """Requests in free words: are the items found that people judged to be right?"""
    from chatrec.commands import evaluating

    evaluating.run(
        "requests", file, catalog=catalog, ks=_ks(k), as_json=json, run_file=run, against=against, ablate=ablate,
        also=_names(also),
    )  # fmt: skip


@evaluate.command("ranking")
def evaluate_ranking(
    file: Annotated[Path, typer.Argument(help="Dialogues, or JSON Lines with id, text and relevant.")],
    catalog: Catalog = "",
    llm: Annotated[str, typer.Option(help="The language model to try; default: CHATREC_LLM.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Draw so many of the queries; 0: all.")] = 0,
    json: AsJson = None,
) -> None:
    """Does a language model's order beat the one in which items were found, and at which weight?"""
    from chatrec.commands import evaluating

    evaluating.run_ranking(file, catalog=catalog, llm=llm, limit=limit, as_json=json)


@evaluate.command("grounding")
def evaluate_grounding(
    catalog: Catalog = "",
    llm: Annotated[
        str, typer.Option(help="The language model to try, such as fake:random; default: CHATREC_LLM.")
    ] = "",
    turns: Annotated[int, typer.Option(min=1, help="How many turns with drawn messages.")] = 200,
    claims: Annotated[
        Path | None, typer.Option(help="Folder of written claims, true and false; default: ours, on the sample.")
    ] = None,
    attacks: Annotated[
        Path | None, typer.Option(help="Folder of attacks with honest twins; default: ours, on the sample.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Draw so many of the attacks; 0: all.")] = 0,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Also what the bare answers carry out.")] = False,
    seed: Annotated[int, typer.Option(help="For the messages and models that are drawn.")] = 0,
    json: AsJson = None,
) -> None:
    """Does anything reach the user that the catalogue does not bear out?"""
    from chatrec.commands import evaluating

    evaluating.run_grounding(
        catalog=catalog,
        llm=llm,
        turns=turns,
        claims=claims,
        attacks=attacks,
        limit=limit,
        unchecked=unchecked,
        seed=seed,
        as_json=json,
    )


@evaluate.command("scenarios")
def evaluate_scenarios(
    folder: Annotated[Path, typer.Argument(help="Scenarios, as TOML or JSON, in folders that may be nested.")],
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Phrasings of each scenario.")] = 8,
    json: AsJson = None,
    only: Annotated[str, typer.Option(help="The kind of scenario to run; default: all.")] = "",
    transcripts: Annotated[
        Path | None, typer.Option(help="Folder for the conversations that failed, but for those of a locked half.")
    ] = None,
) -> None:
    """Scripted people hold conversations: do they end with an item that fits, and no rule broken?

    Each scenario names the catalogue that it is about.
    """
    from chatrec.commands import evaluating

    evaluating.run_scenarios(folder, seeds=seeds, only=only, as_json=json, transcripts=transcripts)


@evaluate.command("recommenders")
def evaluate_recommenders(
    recommenders: Annotated[str, typer.Option(help="Names of recommender models, comma-separated; default: all.")] = "",
    data: Annotated[
        list[str] | None,
        typer.Option(help="ml-100k, movielens-small, or a file; may be repeated. Default: the catalogue's own."),
    ] = None,
    pretrain: Annotated[
        list[str] | None,
        typer.Option(help="Another one, a domain of its own to pre-train on; may be repeated."),
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Where a data set of that name is looked for.")] = None,
    protocol: Annotated[
        Literal["random-75-25", "leave-one-out", "cold-items", "cold-users"],
        typer.Option(help="How what is looked for is split from what is learned from."),
    ] = "random-75-25",
    seeds: Annotated[int, typer.Option(min=1, help="How many splits and fits, with the seeds 0, 1, ...")] = 3,
    tune: Annotated[
        int, typer.Option(min=0, help="How many hyperparameters to try for each; 0: take the defaults.")
    ] = 0,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Also without the parts that a model may do without.")
    ] = False,
    catalog: Catalog = "",
    json: Annotated[
        Path | None, typer.Option("--json", help="File to write everything to as JSON; -: print it.")
    ] = None,
) -> None:
    """Which recommender model predicts best what people use, and what does it cost?

    Everything that was measured is kept, so that the command goes on where it was stopped.
    """
    from chatrec.commands import comparing

    comparing.run(
        recommenders=_names(recommenders),
        data=data or [],
        pretrain=pretrain or [],
        folder=folder,
        catalog=catalog,
        protocol=protocol,
        seeds=seeds,
        tune=tune,
        ablate=ablate,
        as_json=json,
    )


def _names(written: str) -> list[str]:
    return [name.strip() for name in written.split(",") if name.strip()]


def _ks(written: str) -> list[int]:
    parts = [part.strip() for part in written.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= 1000 for part in parts):
        raise typer.BadParameter(f"--k {written!r}: give numbers from 1 to 1000, such as 1,5,10.")
    return [int(part) for part in parts]
