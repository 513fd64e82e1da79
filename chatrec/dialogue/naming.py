"""Reads the conditions that the values named in a message set, alone, joined, denied, or as a step of a scale."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chatrec.catalog import Item
from chatrec.catalog.schema import CURRENCIES, Facet, texts_of
from chatrec.dialogue.known import Known
from chatrec.dialogue.marked import Marked
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.scope import OTHER, READ, Joint, clause, denied, joint, strength, unmarked
from chatrec.dialogue.values import ABSENT, NAMED, Meaning, Span, is_presence
from chatrec.types import Constraint, Strength

MILDER = re.compile(
    r"^[\s-]*(?:rated)?[\s,]*(?:(?:or|and)\s+(?:\w+\s+)?(?:milder|lower|below|under|less|softer|tamer|gentler|younger|cleaner|cheaper|down|lighter|easier|quieter)|max(?:imum)?\b|at (?:the )?(?:very )?most|tops|at worst|is (?:the|my|our) (?:limit|max\w*))",
    re.IGNORECASE,
)
HARDER = re.compile(
    r"^[\s-]*(?:rated)?[\s,]*(?:or|and)\s+(?:\w+\s+)?(?:higher|above|over|up|stronger|harsher|more|older|fancier|better|pricier|louder|upwards?)|^\s*(?:minimum|at least)\b",
    re.IGNORECASE,
)
UP_TO = re.compile(
    r"\b(?:up to|at (?:the )?(?:very )?most|max(?:imum)?(?: of)?|no(?:thing)? (?:more|higher|stronger|harsher|fancier|above|over|worse|beyond|pricier|heavier|rougher|louder)(?: than)?|"
    r"not? (?:above|over|beyond|more than|stronger than|higher than)|nothing (?:rated )?(?:above|over|beyond|past|stronger than|harsher than|higher than|worse than)|(?:n't|not) (?:go|be|want anything) (?:above|over|beyond|past|higher than)|limit is)"
    r"(?:\s+(?:a|an|the|rated))*\s*[\"“(]?\s*$",
    re.IGNORECASE,
)
FROM_ON = re.compile(
    r"\b(?:at least|minimum(?: of)?|no(?:thing)? (?:less|lower|milder|below|under|cheaper)(?: than)?|from)(?:\s+(?:a|an|the|rated))*\s*$",
    re.IGNORECASE,
)
UNDER_IT = re.compile(
    r"\b(?:below|under|milder than|less than|tamer than|softer than|lower than|cheaper than)(?:\s+(?:a|an|the|rated))*\s*$",
    re.IGNORECASE,
)
OVER_IT = re.compile(
    r"\b(?:above|over|stronger than|more than|higher than|fancier than)(?:\s+(?:a|an|the|rated))*\s*$", re.IGNORECASE
)
ONE_WITH = re.compile(r"\bthe one\s+(?:(?:directed|written|made) )?(?:with|by|from|in|starring)\s+$", re.IGNORECASE)
LESS = re.compile(r"\bless\s+$", re.IGNORECASE)
ABOUT = re.compile(r"\babout\s+(?:the\s+|a\s+|an\s+|my\s+|our\s+)?$", re.IGNORECASE)
"""What something is about may be of a kind, but need not."""
DIFFERENT = re.compile(
    r"\b(?:different|another|other|(?:not|no more of) (?:that|this|the same|these|those)|wrong|change of|new)\s+$",
    re.IGNORECASE,
)
YES = re.compile(r"(?:yes|yeah|yep|yup|sure|definitely|absolutely|please do|of course|please|it should)\b")
PERFORMERS = frozenset({"star", "stars", "starring", "performer", "performers", "narrator"})
MADE = re.compile(r"\b(?:by|from|of|made|wrote|written)\b", re.IGNORECASE)
PLAYED = re.compile(r"\b(?:with|starring|featuring|stars|in it)\b", re.IGNORECASE)
SPOKEN = re.compile(
    r"\b(?:speaks?|spoken|speaking|dubbed|audio|subtitle[sd]?|written|languages?|lang|talks?|talking|dialog(?:ue)?|tongues?|soundtrack|hear|understand)\b",
    re.IGNORECASE,
)
IN_IT = re.compile(r"\b(?:in|into)\s+(?:only\s+|either\s+|the\s+|original\s+)*$", re.IGNORECASE)


def read_values(known: Known, marked: Marked, spans: Sequence[Span], setting: Setting) -> None:
    """Values of one facet that are joined become one condition, or several: "a or b", "neither a nor b", "a and b"."""
    groups: dict[tuple[str, bool, Strength], list[list[Span]]] = defaultdict(list)
    places = [(span.start, span.end, span.meaning.facet) for span in spans if not span.meaning.loose]
    places += [(start, end, "") for start, end in marked.used]
    for span in _together(known, marked.text, [_meant(known, marked.text, span, setting) for span in spans]):
        if not marked.free(span.start, span.end):
            continue
        pointed = _pointed(known, marked.text, span, setting)
        if pointed:
            marked.references.append(pointed)
            marked.described.append((span.start, span.end, pointed))
            continue
        facet = known.schema[span.meaning.facet]
        others = _without(marked.text, places, span)
        against = denied(others, span.start, span.end)
        if facet.scale and _graded(known, marked, facet, span):
            continue
        if span.meaning.loose and not against:
            continue  # looked for in the texts
        key = (facet.name, against, _strength(facet, span, spans, others, against=against))
        marked.take(span.start, span.end, silent=against)
        places += [(span.start, span.end, facet.name)] if span.meaning.loose else []
        previous = groups[key][-1][-1] if groups[key] else None
        if previous and (against or _unites(facet, joint(marked.text, previous.end, span.start))):
            groups[key][-1].append(span)
        else:
            groups[key].append([span])
    for (name, against, strong), runs in groups.items():
        for run in _either(marked.text, runs):
            values = tuple(dict.fromkeys(value for span in run for value in span.meaning.values))
            said = ", ".join(marked.text[span.start : span.end] for span in run)
            shown = tuple(known.values.display(name, value) for value in values)
            read = Constraint(name, "none" if against else "any", shown, strong, text=said)
            if strong == "hard" and replace(read, strength="soft") in marked.constraints:
                continue
            marked.constraints.append(read)
    marked.constraints = _possible(known, marked.constraints)


def _strength(facet: Facet, span: Span, spans: Sequence[Span], text: str, *, against: bool) -> Strength:
    """A mood, or what something is about, is never more than a preference; what is denied is denied in a story too."""
    if against and LESS.search(text[: span.start]):
        return "soft"
    alone = sum(other.meaning == span.meaning for other in spans) == 1
    theme = facet.measure == "kind" and alone and not against and ABOUT.search(text[: span.start])
    if span.meaning.mood or theme:
        return "soft"
    return strength(text, span.start, span.end, unmarked="hard" if against else unmarked(text))


def _possible(known: Known, constraints: Sequence[Constraint]) -> list[Constraint]:
    """Values of a facet that has but one an item are alternatives, however they were named: no item is in two cities."""
    kept: list[Constraint] = []
    for new in constraints:
        single = new.op == "any" and known.schema[new.facet].kind == "category"
        same = [old for old in kept if single and (old.facet, old.op, old.strength) == (new.facet, "any", new.strength)]
        for old in same:
            kept.remove(old)
            values = tuple(dict.fromkeys((*old.values, *new.values)))
            new = replace(new, values=values, text=f"{old.text}, {new.text}")
        kept.append(new)
    return kept


def _unites(facet: Facet, link: Joint) -> bool:
    """Whether two values that are joined so are alternatives: two of a list may be asked for together."""
    if link == "or" or (link in ("and", "comma") and facet.kind != "list"):
        return True
    return link == "comma" and facet.measure in NAMED


def read_answer(marked: Marked, facet: Facet) -> None:
    """A bare answer to a question: "yes", or a value that names nothing where it was not asked about."""
    said = " ".join(marked.text.casefold().strip(" .!?\"'").split())
    known = {value.casefold(): value for value in facet.values}
    values: tuple[str, ...] = (known[said],) if said in known else ()
    if YES.match(said):
        values = tuple(value for value in facet.values if value.casefold() not in ABSENT) if is_presence(facet) else ()
    if values:
        marked.constraints.append(Constraint(facet.name, "any", values, text=marked.text))
        marked.take(0, len(marked.text))


def read_others(known: Known, marked: Marked, setting: Setting) -> None:
    """ "a different brand", "not that one's": other values of a facet than those of the items meant."""
    for start, end, name, sort in known.said(marked.text):
        facet = known.schema[name]
        before = DIFFERENT.search(marked.text[:start])
        if sort != "name" or not before or facet.kind not in ("category", "list") or not marked.free(start, end):
            continue
        ids = marked.references or setting.about or setting.shown
        held = [texts_of(item, name) for item_id in ids if (item := setting.item(item_id))]
        values = tuple(dict.fromkeys(known.values.display(name, text) for texts in held for text in texts))
        if values and (facet.kind == "category" or facet.measure in (*NAMED, "language", "country")):
            marked.constraints.append(Constraint(name, "none", values, text=marked.text[before.start() : end]))
            marked.take(before.start(), end, silent=True)


def _meant(known: Known, text: str, span: Span, setting: Setting) -> Span:
    """Of several facets that hold the value: the one asked about, the language after "in", or the likeliest."""
    meanings = (span.meaning, *span.others)
    begin, stop = clause(text, span.start, span.end)
    if IN_IT.search(text[begin : span.start]) or SPOKEN.search(
        text[max(begin, span.start - 40) : min(stop, span.end + 30)]
    ):
        for meaning in meanings:
            if known.schema[meaning.facet].measure == "language":
                return replace(span, meaning=meaning)
    for meaning in meanings:
        if meaning.facet == setting.asked:
            return replace(span, meaning=meaning)
    people = [meaning for meaning in meanings if known.schema[meaning.facet].measure == "people"]
    return replace(span, meaning=_person(known, text, begin, span, people)) if len(people) > 1 else span


def _person(known: Known, text: str, begin: int, span: Span, people: Sequence[Meaning]) -> Meaning:
    """As what a person is meant: as the words around say, else as the catalogue knows them best."""
    near = {name for _, _, name, _ in known.said(text[begin : span.end + 30])}
    for meaning in people:
        if meaning.facet in near:
            return meaning
    around = text[begin : span.start] + text[span.end : span.end + 10]
    made, played = bool(MADE.search(around)), bool(PLAYED.search(around))
    if made == played:
        return people[0]
    performers = [meaning for meaning in people if set(known.schema[meaning.facet].names) & PERFORMERS]
    makers = [meaning for meaning in people if meaning not in performers]
    return ((makers if made else performers) or people)[0]


def _together(known: Known, text: str, spans: Sequence[Span]) -> list[Span]:
    """What is joined by "or" and "and" is of one facet where it can be: "in this language or that"."""
    told = list(spans)
    for places in (range(1, len(told)), range(len(told) - 2, -1, -1)):
        for place in places:
            other = place - 1 if places.step > 0 else place + 1
            low, high = sorted((place, other))
            if told[other].meaning.loose or joint(text, told[low].end, told[high].start) == "none":
                continue
            wanted = told[other].meaning.facet
            mine = told[place]
            if known.schema[wanted].measure == "language" or known.schema[mine.meaning.facet].measure != "language":
                for meaning in (mine.meaning, *mine.others):
                    if meaning.facet == wanted:
                        told[place] = replace(mine, meaning=meaning, others=(mine.meaning, *mine.others))
    return told


def _pointed(known: Known, text: str, span: Span, setting: Setting) -> str:
    """The one item shown that "the <value> one" or "the one with <value>" describes; empty where it describes none or
    several."""
    before = re.search(r"\bthe\s+(?:\w+\s+)?$", text[: span.start], re.IGNORECASE)
    after = re.match(r"\s+(?:[\w-]+\s+)?(?:one\b|of them|option)", text[span.end :], re.IGNORECASE)
    if not (before and after) and not ONE_WITH.search(text[: span.start]):
        return ""
    holding = [item_id for item_id in setting.shown if _holds(setting.item(item_id), span.meaning)]
    return holding[0] if len(holding) == 1 else ""


def _graded(known: Known, marked: Marked, facet: Facet, span: Span) -> bool:
    """A step of a scale with "or milder", "at most", "above": the steps on that side of it."""
    steps = [value.casefold() for value in facet.scale]
    places = [steps.index(value) for value in span.meaning.values if value in steps]
    if not places:
        return False
    begin, stop = clause(marked.text, span.start, span.end)
    before, after = marked.text[begin : span.start], marked.text[span.end : max(stop, span.end)]
    place = max(places)
    scale, sign = facet.scale, facet.scale[place][0]
    if sign in CURRENCIES:  # "€€ or less" is of euros
        scale = tuple(step for step in facet.scale if step[0] == sign)
        place = scale.index(facet.scale[place])
        places = [place]
    milder, harder = MILDER.match(after), HARDER.match(after)
    if milder or UP_TO.search(before):
        kept = scale[: place + 1]
    elif harder or FROM_ON.search(before):
        kept = scale[min(places) :]
    elif UNDER_IT.search(before):
        kept = scale[:place]
    elif OVER_IT.search(before):
        kept = scale[place + 1 :]
    else:
        return False
    said = marked.text[span.start : span.end]
    strong = strength(marked.text, span.start, span.end)
    marked.constraints.append(Constraint(facet.name, "any", tuple(kept) or (scale[0],), strong, text=said))
    beyond = milder or harder  # "or milder" compares with this step, not with an item shown
    marked.take(span.start, span.end + (beyond.end() if beyond else 0), silent=True)
    return True


def _without(text: str, places: Iterable[tuple[int, int, str]], span: Span) -> str:
    """The text with everything else that was read blanked out, so that only the words between say how it is joined."""
    kept = list(text)
    for low, high, facet in places:
        if high <= span.start or low >= span.end:
            kept[low:high] = (READ if facet == span.meaning.facet else OTHER) * (high - low)
    return "".join(kept)


def _either(text: str, runs: Sequence[list[Span]]) -> Iterator[list[Span]]:
    """Runs joined by commas that end with "or" are one: "a, b or c"."""
    merged: list[list[Span]] = []
    for run in runs:
        if merged and joint(text, merged[-1][-1].end, run[0].start) == "comma" and len(run) > 1:
            merged[-1] = [*merged[-1], *run]
        else:
            merged.append(list(run))
    yield from merged


def _holds(item: Item | None, meaning: Meaning) -> bool:
    return item is not None and bool(set(texts_of(item, meaning.facet)) & set(meaning.values))
