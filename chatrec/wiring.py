"""From settings to the rooms of a turn: what is opened, what is handed to what, and what a language model does."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from chatrec import learned
from chatrec.dialogue.parse import Parser
from chatrec.dialogue.read import Reader
from chatrec.dialogue.titles import TitleIndex
from chatrec.embedding import Embedder
from chatrec.errors import SettingsError
from chatrec.learned_fusion import LearnedFusion
from chatrec.llm import is_local, jobs
from chatrec.ranking import LISTWISE_WEIGHT, POINTWISE_WEIGHT, Ranker
from chatrec.retriever import Retriever, open_routes
from chatrec.rooms import Rooms
from chatrec.settings import Settings
from chatrec.store import index as store
from chatrec.turn.telling import WRITTEN
from chatrec.weighing import name_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

REMEMBERED = 5_000
"""Texts whose vectors are kept: requests, and sentences that were looked at to explain an item."""


def open_retriever(settings: Settings, folder: Path, embedder: Embedder, trained: str) -> Retriever:
    """Over the generation that is current in `folder`, with what the training of that name learned; empty: none."""
    snapshot = store.open_snapshot(folder, stamp=embedder.stamp, chroma_url=settings.chroma_url)
    knowledge = learned.opened(snapshot, folder, trained)
    weights = settings.route_weights()
    return Retriever(
        snapshot,
        routes=open_routes(weights, snapshot, knowledge),
        weights={name: weight for name, weight in weights.items() if weight is not None},
        embed=lru_cache(maxsize=REMEMBERED)(embedder.embed_query),
        fusion=LearnedFusion.load(knowledge.fusion) if knowledge.fusion else None,
    )


def wired(settings: Settings, retriever: Retriever) -> Rooms:
    """The rooms without a language model."""
    snapshot = retriever.snapshot
    weights = dict(zip(snapshot.items.ids, snapshot.popularity.known.tolist(), strict=True))
    parser = Parser(snapshot.schema, snapshot.facet_texts())
    titles = TitleIndex(snapshot.items.titles(), weights)  # of namesakes the best known is meant
    return Rooms(
        retriever,
        Reader(parser, titles),
        settings.n,
        settings.llm_timeout,
        diversity=settings.diversity,
        asks=settings.asks,
    )


def voiced(rooms: Rooms, settings: Settings, folder: Path, model: BaseChatModel | None) -> Rooms:
    """The rooms with the language model doing what it is there for; None: without one."""
    given = jobs(settings, model)
    return replace(
        rooms,
        ranker=ranker_of(settings, folder, model) if "rank" in given else Ranker(),
        writer=model if "explain" in given else None,
        together=1 if is_local(model) else WRITTEN,
        listener=model if "understand" in given else None,
    )


def ranker_of(settings: Settings, folder: Path, model: BaseChatModel | None) -> Ranker:
    """The language model's say in the order: as set, else as measured for the catalogue, else as is usual.

    A local one has none unless it is asked for or was measured to help: it takes longer than people wait.
    """
    if settings.ranking == "none" or model is None:
        return Ranker()
    usual = judging(settings, model)
    known = learned.about(folder).get("ranking") or {}
    if settings.ranking_weight is not None:
        return usual.weighing(settings.ranking_weight)
    if (known.get("language_model"), known.get("mode")) == (name_of(model), usual.mode):
        return usual.weighing(known["weight"])
    wanted = settings.ranking != "auto" or "rank" in settings.llm_for
    return usual if wanted or not is_local(model) else Ranker()


def judging(settings: Settings, model: BaseChatModel | None) -> Ranker:
    """The language model as a judge of candidates, in the way it can. Raises SettingsError without any."""
    if model is None:
        raise SettingsError("There is no language model to rank with.", mend="Name one by CHATREC_LLM.")
    mode = settings.ranking
    if mode in ("auto", "none"):
        mode = "pointwise" if is_local(model) else "listwise"
    usual = {"pointwise": POINTWISE_WEIGHT, "listwise": LISTWISE_WEIGHT}
    return Ranker(model, mode, usual[mode], settings.llm_timeout)  # type: ignore[arg-type]  # no "auto"
