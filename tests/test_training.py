"""What `chatrec train` learns, that it learns nothing of a dialogue from that dialogue, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hash_embedder import HashEmbedder

from chatrec import ChatRec, Settings, doctor, folds, learned, training
from chatrec.catalog import Dialogue, Interaction, Item, Record, Utterance
from chatrec.errors import LanguageModelError, SettingsError, StoreError, StoreLocked, TrainingError
from chatrec.fake_llm import FakeChatModel
from chatrec.learned import Learned
from chatrec.moments import moments, query_of
from chatrec.ranking import Judgement, Ranker
from chatrec.retriever import open_routes
from chatrec.store import index as store
from chatrec.store.lock import writing
from chatrec.types import Candidate, Query

COUNT = 60


def item(place: int) -> Item:
    facets = {"colour": ("red", "green", "blue")[place % 3], "weight": float(place % 7), "tags": (f"tag{place % 11}",)}
    return Item(f"i{place}", f"Thing {place}", f"It is number {place} of them, word{place}.", facets)


def dialogue(number: int, *named: int) -> Dialogue:
    """Somebody names an item, and is recommended the others one by one."""
    asked = Utterance("user", f"hello, I want something like Thing {named[0]}", (f"i{named[0]}",))
    answers = [
        utterance
        for place in named[1:]
        for utterance in (
            Utterance("assistant", f"try Thing {place}", (f"i{place}",)),
            Utterance("user", "what else is there"),
        )
    ]
    return Dialogue(f"d{number:03d}", (asked, *answers))


ITEMS = [item(place) for place in range(COUNT)]
DIALOGUES = [dialogue(n, n % COUNT, (n + 1) % COUNT, (n + 2) % COUNT) for n in range(150)]
USED = [Interaction(f"u{n}", f"i{(n + step) % COUNT}") for n in range(40) for step in range(3)]


def catalogue(home: Path, records: Sequence[Record]) -> ChatRec:
    rec = ChatRec(Settings(home=home, catalog="things", llm="builtin"))
    rec.__dict__["embedder"] = HashEmbedder()
    store.build_generation(rec.folder, records, rec.embedder)
    return rec


@pytest.fixture
def rec(tmp_path: Path) -> Iterator[ChatRec]:
    made = catalogue(tmp_path, [*ITEMS, *DIALOGUES, *USED])
    yield made
    made.close()


def first(rec: ChatRec, liked: str) -> str:
    return rec.rooms().retriever.retrieve(Query("", liked=(liked,), excluded=frozenset([liked])), 5)[0].item.id


def test_what_was_learned_is_in_use_at_once_and_finds_what_follows(rec: ChatRec) -> None:
    assert rec.rooms().retriever.fusion is None
    report = rec.train()
    assert (report.dialogues, report.moments, report.interactions) == (150, 300, 120)
    assert report.models == learned.MODELS
    assert report.fusion
    assert report.after >= report.before > 0
    assert report.held_out == 60
    assert rec.rooms().retriever.fusion
    assert {first(rec, f"i{place}") for place in (3, 17, 40)} <= {"i4", "i2", "i5", "i18", "i16", "i19", "i41", "i39"}
    assert learned.about(rec.folder)["after"] == pytest.approx(report.after)


def test_a_recommender_model_that_is_asked_for_is_kept_and_served(
    rec: ChatRec, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    report = rec.train(recommenders=["mf-bpr"], progress=lambda stage, *_: told.append(stage))
    assert report.models == (*learned.MODELS, "mf_bpr")
    assert "fitting mf_bpr" in told
    monkeypatch.setattr("chatrec.recommenders.mf_bpr.Recommender.fit", None)  # whoever serves has no need of it
    settings = rec.settings.model_copy(update={"routes": ("mf-bpr",)})
    other = ChatRec(settings)
    other.__dict__["embedder"] = rec.embedder
    assert other.rooms().retriever.retrieve(Query("", liked=("i3",), excluded=frozenset(["i3"])), 5)
    other.close()


def test_training_again_keeps_what_is_a_route(rec: ChatRec) -> None:
    again = ChatRec(rec.settings.model_copy(update={"routes": ("words", "itemknn")}))
    again.__dict__["embedder"] = rec.embedder
    assert again.train().models == (*learned.MODELS, "itemknn")
    again.close()
    with pytest.raises(SettingsError, match="telepathy"):
        rec.train(recommenders=["telepathy"])


def test_what_takes_minutes_to_fit_is_not_fitted_while_somebody_waits(
    rec: ChatRec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned, "QUICK", ())
    with pytest.raises(TrainingError, match="chatrec train --recommender itemknn"):
        Learned(rec.rooms().retriever.snapshot).recommender("itemknn")


def test_sequences_follow_the_clock(tmp_path: Path) -> None:
    used = [Interaction("u", "i3", timestamp=30), Interaction("u", "i1", timestamp=20), Interaction("u", "i2")]
    late = catalogue(tmp_path, [*ITEMS, *used, Interaction("v", "i5", timestamp=1), DIALOGUES[7]])
    data = learned.training_data(late.rooms().retriever.snapshot)
    assert [[data.item_ids[column] for column in sequence] for sequence in data.sequences] == [
        ["i2", "i1", "i3"],
        ["i5"],
        ["i7", "i8", "i9"],
    ]
    place = list(data.item_ids).index("i4")
    assert data.texts[place].startswith("Thing 4")
    assert data.facets[place] == {"colour": ("green",), "tags": ("tag4",)}
    assert data.vectors is not None
    assert np.linalg.norm(data.vectors[place]) == pytest.approx(1, abs=1e-3)
    late.close()


def test_the_same_seed_learns_the_same(rec: ChatRec, tmp_path: Path) -> None:
    other = catalogue(tmp_path / "other", [*ITEMS, *DIALOGUES, *USED])
    reports = [each.train(seed=3) for each in (rec, other)]
    assert len({(report.before, report.after, report.held_out) for report in reports}) == 1
    query = Query("something like Thing 7", liked=("i7",))
    one, two = (each.rooms().retriever.find(query).ranking for each in (rec, other))
    assert list(one) == list(two)


def test_nothing_is_known_of_a_dialogue_that_is_left_out(rec: ChatRec) -> None:
    planted = dialogue(999, 11, 47)  # no other dialogue and nobody else has these two together
    store.build_generation(rec.folder, [planted], rec.embedder)
    (moment,) = moments(planted)
    snapshot = rec.rooms().retriever.snapshot
    for view, known in ((snapshot, True), (snapshot.without({planted.id}), False)):
        routes = open_routes(["mentions"], view, Learned(view, eager=learned.MODELS))
        hits = routes["mentions"].retrieve(query_of(moment), COUNT)
        assert ("i47" in [hit.item_id for hit in hits]) is known
        assert (planted.id in {view.past.ids[n].split(":")[0] for n, _ in view.past.search("Thing 11", 500)}) is known
        assert view.past.sets.shape[0] == 150 + known


def test_every_fold_is_asked_with_its_own_dialogues_left_out(rec: ChatRec, monkeypatch: pytest.MonkeyPatch) -> None:
    told = folds._told

    def watched(retriever, points, tell):
        own = {moment.dialogue_id for moment in points}
        past = retriever.snapshot.past
        left = {id.split(":")[0] for id, allowed in zip(past.ids, past.mask, strict=True) if allowed}
        assert own
        assert not own & left
        assert len(own | left) == 150
        return told(retriever, points, tell)

    monkeypatch.setattr(folds, "_told", watched)
    assert rec.train().fusion


def test_a_fusion_that_finds_less_is_not_put_to_use(rec: ChatRec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "found_in", lambda fusion, fold: np.zeros(len(fold.targets), dtype=np.int64))
    report = rec.train()
    assert not report.fusion
    assert report.after == 0 < report.before
    assert "untrained" in report.skipped["fusion"]
    assert rec.rooms().retriever.fusion is None
    assert learned.current(rec.folder)  # the recommender models are in use all the same


def test_without_dialogues_the_recommender_models_alone_are_learned(tmp_path: Path) -> None:
    rec = catalogue(tmp_path, [*ITEMS, *USED])
    report = rec.train()
    assert (report.models, report.fusion) == (learned.MODELS, False)
    assert "too few" in report.skipped["fusion"]
    hits = rec.rooms().retriever.find(Query("", liked=("i7",))).hits["mentions"]
    assert {hit.item_id for hit in hits[:2]} == {"i6", "i8"}


def test_without_anything_to_learn_from_it_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--dialogues FILE"):
        catalogue(tmp_path, ITEMS).train()


def test_a_table_too_large_is_left_out_and_told(rec: ChatRec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatrec.recommenders.ease.LARGEST", 20)
    report = rec.train()
    assert report.models == ("cooccurrence",)
    assert "matrix" in report.skipped["ease"]
    assert report.fusion


def test_what_was_done_before_an_interruption_is_not_done_again(rec: ChatRec, monkeypatch: pytest.MonkeyPatch) -> None:
    told = folds._told
    asked: list[int] = []

    def counted(retriever, points, tell):
        asked.append(len(points))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return told(retriever, points, tell)

    monkeypatch.setattr(folds, "_told", counted)
    with pytest.raises(KeyboardInterrupt):
        rec.train()
    assert not learned.current(rec.folder)
    assert rec.train().fusion
    assert len(asked) == 3 + 3


def test_training_again_replaces_what_was_learned_before(rec: ChatRec) -> None:
    names = [rec.train(seed=seed).name for seed in (0, 1, 2)]
    assert names == sorted(set(names))
    assert learned.current(rec.folder) == names[-1]
    assert {path.name for path in (rec.folder / "trained").iterdir()} == set(names[-2:])


def test_indexing_after_training_keeps_what_was_learned(rec: ChatRec) -> None:
    rec.train()
    store.build_generation(rec.folder, [Item("new", "New thing", "Nobody knows it yet.")], rec.embedder)
    store.delete_items(rec.folder, ["i30"], rec.embedder)
    found = [item_id for item_id, _ in rec.rooms().retriever.find(Query("new thing", liked=("i29",))).ranking]
    assert rec.rooms().retriever.fusion
    assert "new" in found
    assert "i30" not in found
    assert "i28" in found


def test_what_people_marked_good_is_learned_from(rec: ChatRec) -> None:
    session = rec.session()
    shown = session.send("something like Thing 20").recommendations[0].item.id
    rec.conversations.feedback(session.id, 1, "", 1)  # the reply, and so what it recommended
    rec.conversations.feedback(session.id, 1, "i50", 1)
    rec.train(feedback=True)
    snapshot = rec.rooms().retriever.snapshot
    tables = Learned(snapshot, rec.folder / "trained" / learned.current(rec.folder))
    assert tables.recommender("cooccurrence").score(Query("", liked=("i50",)), [shown])[0] > 0
    assert Learned(snapshot).recommender("cooccurrence").score(Query("", liked=("i50",)), [shown])[0] == 0


def test_what_a_language_model_is_worth_is_measured_on_the_hold_out_and_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rec = catalogue(tmp_path, [*ITEMS, *DIALOGUES[:45]])
    helpful = ChatRec(rec.settings.model_copy(update={"llm": "chatrec.fake_llm:FakeChatModel"}))
    helpful.__dict__["embedder"] = rec.embedder
    helpful.model = FakeChatModel(answers=["no order at all"])
    known = helpful.train(ranking=True).ranking
    assert known
    assert (known.weight, known.before) == (0, known.after)
    assert not helpful.rooms().ranker.asks
    named = ChatRec(helpful.settings)
    named.__dict__["embedder"] = rec.embedder
    named.train(ranking=True)
    told = {each.part: each.what for each in doctor._jobs(named.settings)}
    assert "weight 0, the language model does not rank: chatrec train --ranking found" in told["ranking"]
    assert told["language model for"].startswith("understand, explain (")
    follows = {f"i{place}": f"i{(place + 1) % COUNT}" for place in range(COUNT)}

    def judge(self: Ranker, query: Query, candidates: Sequence[Candidate], **_: object) -> Judgement:
        return Judgement(tuple(float(each.item.id == follows[query.liked[-1]]) for each in candidates))

    monkeypatch.setattr(Ranker, "judge", judge)
    known = helpful.train(ranking=True).ranking
    assert known
    assert known.weight > 0
    assert known.after > known.before
    assert helpful.rooms().ranker.weight == known.weight
    assert "ranks with weight" in doctor._trained(helpful.folder)
    helpful.model = FakeChatModel(answers=[LanguageModelError("The language model cannot be reached.")])
    monkeypatch.undo()
    assert "cannot be reached" in helpful.train(ranking=True).skipped["ranking"]
    helpful.close()


def test_only_one_at_a_time(rec: ChatRec) -> None:
    with writing(rec.folder), pytest.raises(StoreLocked):
        rec.train()


def test_nothing_that_was_learned_is_run_on_loading(rec: ChatRec) -> None:
    folder = rec.folder / "trained" / rec.train().name
    for path in folder.rglob("*"):
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".txt":
            assert path.read_text(encoding="utf-8").startswith("tree\n")
        elif path.suffix in (".npy", ".npz"):
            np.load(path, allow_pickle=False)
        else:
            assert path.is_dir() or path.name == "done"


def test_a_damaged_fusion_says_what_to_do(rec: ChatRec) -> None:
    folder = rec.folder / "trained" / rec.train().name
    (folder / "fusion" / "trees.txt").write_text("no trees")
    with pytest.raises(StoreError, match="chatrec train"):
        rec.rooms()


def test_a_damaged_fusion_or_a_missing_language_model_does_not_stand_in_the_way_of_training_anew(rec: ChatRec) -> None:
    folder = rec.folder / "trained" / rec.train().name
    (folder / "fusion" / "trees.txt").write_text("no trees")
    other = ChatRec(rec.settings.model_copy(update={"llm": "nobody:nothing"}))
    other.__dict__["embedder"] = rec.embedder
    assert other.train().fusion
    assert rec.rooms().retriever.fusion


def test_killed_before_its_pointer_was_swapped_it_is_done_again(rec: ChatRec, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(learned, "publish", lambda folder, name: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rec.train()
    assert not learned.current(rec.folder)
    assert rec.train().fusion
