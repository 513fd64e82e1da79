"""Looks at every part and says what is there, what is broken, and what mends it. Secrets are never shown."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from chatrec import learned
from chatrec.app import ChatRec
from chatrec.catalog.policy import Policy
from chatrec.conversations import Conversations
from chatrec.embedding import agreement, load_embedder
from chatrec.errors import ChatRecError
from chatrec.llm import ask, chat_model, fallback_note, is_local, jobs, local, prices, registry
from chatrec.llm.link import Link, behind
from chatrec.ranking import Ranker
from chatrec.settings import Settings
from chatrec.store import aspects, house, manifest
from chatrec.store.index import catalog_folder, list_catalogs, open_snapshot
from chatrec.wiring import ranker_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

State = Literal["fine", "absent", "broken"]

PACKAGES = {
    "chromadb": "",
    "onnxruntime": "",
    "langchain": "",
    "lightgbm": "",
    "openai": "",
    "torch": "",
    "sentence-transformers": "",
    "gradio": "ui",
    "xllamacpp": "local",
    "implicit": "recommenders",
    "ir-measures": "evaluation",
    "psycopg": "postgres",
}
"""Package -> the extra that brings it; empty: every installation has it."""

NEEDED = 500 * 2**20
"""Bytes that should be free for an index to grow."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: "fine", "absent" (and not needed as things are set) or "broken"; `mend` is the next step."""

    part: str
    state: State
    what: str
    mend: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, one after the other; asks the language model one short question."""
    yield from _packages()
    yield _home(settings)
    yield from _guarded("embedder", lambda: _embedder(settings))
    yield from _guarded("language model", lambda: _language_model(settings))
    with suppress(ChatRecError):  # told above
        yield from _jobs(settings)
    yield from _guarded("conversations", lambda: _conversations(settings))
    yield from _catalogs(settings)


def _guarded(part: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield look()
    except ChatRecError as error:
        yield Finding(part, "broken", error.what, error.mend)


def _packages() -> Iterator[Finding]:
    for name, extra in PACKAGES.items():
        try:
            yield Finding(name, "fine", version(name))
        except PackageNotFoundError:
            mend = f'pip install "chatrec[{extra}]"' if extra else "pip install chatrec"
            yield Finding(name, "absent" if extra else "broken", "not installed", mend)


def _home(settings: Settings) -> Finding:
    folder = settings.home
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    what = f"{folder} ({free / 2**30:.1f} GiB free)"
    if free < NEEDED:
        return Finding("home", "broken", what, "Free some space, or set CHATREC_HOME to a folder on another disk.")
    return Finding("home", "fine", what)


def _embedder(settings: Settings) -> Finding:
    asked = settings.embedding_engine
    if asked == "torch":
        return Finding("embedder", "fine", f"{settings.embedder} on torch, as CHATREC_EMBEDDING_ENGINE asks")
    found = agreement(settings)
    if found is None:
        return Finding("embedder", "absent", f"{settings.embedder} is not exported yet", "chatrec index PATH does it")
    figures = f"cosine {found.cosine:.4f} and top-10 overlap {found.overlap:.3f} to torch on {found.texts} texts"
    what = f"{found.name}, weights sha256 {found.checksum[:12]}…, on {found.engine}: {figures}"
    if found.engine != asked:
        what += f"; {asked} did not agree well enough and is not used"
    return Finding("embedder", "fine", what)


def _language_model(settings: Settings) -> Finding:
    problem = _passed_over(settings)
    model = chat_model(settings)
    if model is None and problem:
        return Finding("language model", "broken", f"none (builtin): {problem.what}", problem.mend)
    if model is None:
        how = "Set CHATREC_LLM=provider:model, or fetch a local one: chatrec llm pull"
        return Finding("language model", "absent", "none (builtin): the catalogue's own sentences explain", how)
    answer = ask(model, [("user", "Answer with the one word: ready")], limit=settings.llm_timeout)
    by = ", ".join(answer.usage.models) or settings.llm
    what = f"{by} answers: {' '.join(answer.text.split())[:40]}{_origin(settings, model)}"
    note = fallback_note(model, answer.usage)
    if note or problem:
        return Finding("language model", "broken", f"{what}. {note.text if note else problem}")
    return Finding("language model", "fine", what)


def _passed_over(settings: Settings) -> ChatRecError | None:
    """What is wrong with the local model that `auto` would have taken."""
    if settings.llm.strip() != "auto" or local.model_file(settings) is None:
        return None
    try:
        local.chat_model(local.usable(settings), settings)
    except ChatRecError as error:
        return error
    return None


def _origin(settings: Settings, model: BaseChatModel) -> str:
    """Of a local model, where its file is from and under what licence."""
    path = local.model_file(settings) if is_local(model) else None
    if path is None:
        return ""
    known = registry.check(path)
    if known is None:
        return f" ({path}, a file of your own)"
    return f" ({path}, {known.licence}, by {known.publisher}, checksum right)"


def _jobs(settings: Settings) -> Iterator[Finding]:
    """What the language model does, who stands in for it, and how old the prices are."""
    model = chat_model(settings)
    if model is None:
        return
    given = jobs(settings, model)
    ranker = ranker_of(settings, ChatRec(settings).folder, model)
    able = given if ranker.asks else given - {"rank"}
    does = ", ".join(job for job in ("understand", "rank", "explain") if job in able) or "nothing"
    yield Finding("language model for", "fine", f"{does} (CHATREC_LLM_FOR={','.join(settings.llm_for)})")
    if "rank" in given:
        yield _ranking(settings, ranker)
    for link in behind(model)[1:]:
        yield from _guarded(f"stands in: {link.name}", partial(_stand_in, link))
    yield Finding("prices", "fine", f"list prices of {prices.read_on()}")


def _ranking(settings: Settings, ranker: Ranker) -> Finding:
    """What the language model's say in the order counts, and why where that is nothing."""
    if ranker.asks:
        return Finding("ranking", "fine", f"the language model's say counts {ranker.weight:g}, asked {ranker.mode}")
    if settings.ranking == "none":
        why, mend = "CHATREC_RANKING=none", "Leave CHATREC_RANKING empty if it is to rank."
    elif settings.ranking_weight == 0:
        why, mend = "CHATREC_RANKING_WEIGHT=0", "Leave CHATREC_RANKING_WEIGHT empty if it is to rank."
    elif ranker.model is not None:
        known = learned.about(catalog_folder(settings.home, settings.catalog))["ranking"]
        figures = f"nDCG@10 {known['before']:.3f} as found, {known['after']:.3f} with it"
        why, mend = f"chatrec train --ranking found that it does not help ({figures})", ""
    else:
        why, mend = "a local one was not found to help yet", "chatrec train --ranking measures it."
    return Finding("ranking", "absent", f"weight 0, the language model does not rank: {why}", mend)


def _stand_in(link: Link) -> Finding:
    link.model()
    return Finding(f"stands in: {link.name}", "fine", "can be made")


def _conversations(settings: Settings) -> Finding:
    url = settings.database_url.get_secret_value()
    conversations = Conversations(url or settings.home / "conversations.db")
    conversations.feedback_rows()
    conversations.close()
    return Finding("conversations", "fine", "Postgres or another database" if url else "SQLite in CHATREC_HOME")


def _catalogs(settings: Settings) -> Iterator[Finding]:
    names = list_catalogs(settings.home)
    for name in names:
        yield from _guarded(f"catalogue {name}", partial(_catalog, settings, name))
        yield from _guarded(f"house rules of {name}", partial(_house, settings, name))
    if settings.catalog not in names:
        mend = f"chatrec index {'--sample' if settings.catalog == 'sample' else f'PATH --catalog {settings.catalog}'}"
        yield Finding(f"catalogue {settings.catalog}", "absent", "not indexed yet", mend)


def _catalog(settings: Settings, name: str) -> Finding:
    """Opened as a turn would open it, where it is the one to talk to and the embedder is ready."""
    folder = catalog_folder(settings.home, name)
    about = manifest.read(folder, manifest.current(folder))
    if name == settings.catalog and (settings.embedding_engine == "torch" or agreement(settings)):
        embedder = load_embedder(settings)
        with closing(open_snapshot(folder, stamp=embedder.stamp, chroma_url=settings.chroma_url)) as snapshot:
            snapshot.vectors.search(embedder.embed_query("anything"), 1, kind="description", mask=None)
    what = f"{about.count:,} items, {about.passages:,} passages, generation {about.generation}, "
    what += f"by {about.stamp.name} ({about.stamp.checksum[:8]}); {_aspects(folder, about.parts)}; {_trained(folder)}"
    return Finding(f"catalogue {name}", "fine", what)


def _aspects(folder: Path, parts: Mapping[str, str]) -> str:
    if "aspects" not in parts:
        return "no aspects of reviews until it is indexed again"
    return f"{len(aspects.names_in(folder / 'parts' / parts['aspects'])) or 'no'} aspects of reviews"


def _house(settings: Settings, name: str) -> Finding:
    policy = house.in_force(catalog_folder(settings.home, name))
    return Finding(f"house rules of {name}", "absent" if policy == Policy() else "fine", str(policy))


def _trained(folder: Path) -> str:
    known = learned.about(folder)
    if not known:
        return "not trained"
    models = ", ".join(known["models"]) or "nothing"
    told = f"trained ({models}), "
    if known["fusion"]:
        told += f"recall@10 on the hold-out {known['before']:.3f} before, {known['after']:.3f} after"
    else:
        told += "the fusion as it was"
    if asked := known.get("ranking"):
        figures = f"nDCG@10 {asked['before']:.3f} as found, {asked['after']:.3f} with it"
        told += f"; {asked['language_model']} ranks with weight {asked['weight']:g} ({figures})"
    return told
