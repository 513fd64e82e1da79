"""Reads conditions out of ordinary language, from the catalogue's schema alone: no field and no value is invented."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chatrec.catalog import Item
from chatrec.catalog.schema import Facet
from chatrec.catalog.vocabulary import idioms
from chatrec.dialogue.bounds import Bound, bounds
from chatrec.dialogue.numbers import condition, converted, grades, is_graded
from chatrec.dialogue.reading import Setting
from chatrec.dialogue.scope import OTHER, READ, clause, denied, joint, plain, strength
from chatrec.dialogue.values import ABSENT, NAMED, Meaning, Span, Texts, ValueIndex, is_presence, phrases_of
from chatrec.types import Constraint, Order, Strength

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
LONGEST_PHRASE = 5
THAN = re.compile(r"^[\s,]*(?:in \w+ )?than\b", re.IGNORECASE)
TOO = re.compile(r"\b(?:too|a bit|a little|way too|rather|overly|far too|so)\s*$", re.IGNORECASE)
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
PERFORMERS = frozenset({"star", "stars", "starring", "performer", "performers", "narrator"})
YES = re.compile(r"(?:yes|yeah|yep|yup|sure|definitely|absolutely|please do|of course|please|it should)\b")
DIFFERENT = re.compile(
    r"\b(?:different|another|other|(?:not|no more of) (?:that|this|the same|these|those)|wrong|change of|new)\s+$",
    re.IGNORECASE,
)
BEFORE_IT = re.compile(r"\b(?P<when>before|prior to|after|since)\s+(?:the\s+)?[\"“]?$", re.IGNORECASE)
ABOUT = re.compile(r"\babout\s+(?:the\s+|a\s+|an\s+|my\s+|our\s+)?$", re.IGNORECASE)
"""What something is about may be of a kind, but need not."""

LIKELY = frozenset({"duration", "price", "pages", "score"})
"""What a bare number is of, where only one facet of these can hold it."""

RATED = re.compile(
    r"\b(?:rated|better|worse|rating|ratings|score[sd]?|scoring|stars?|marks?|grade[sd]?)\b", re.IGNORECASE
)
SPOKEN = re.compile(
    r"\b(?:speaks?|spoken|speaking|dubbed|audio|subtitle[sd]?|written|languages?|lang|talks?|talking|dialog(?:ue)?|tongues?|soundtrack|hear|understand)\b",
    re.IGNORECASE,
)
IN_IT = re.compile(r"\b(?:in|into)\s+(?:only\s+|either\s+|the\s+|original\s+)*$", re.IGNORECASE)
ALSO = re.compile(
    r"^[\s,]*(?:and|,)?\s*(?:it (?:should|must|can)\s+)?(?:also|too|as well|in addition|on top)\b|\b(?:as well|too|also)\W*$",
    re.IGNORECASE,
)


@dataclass
class Draft:
    """What has been read so far, and which characters it took."""

    text: str
    constraints: list[Constraint] = field(default_factory=list)
    order: Order | None = None
    used: list[tuple[int, int]] = field(default_factory=list)
    silent: list[tuple[int, int]] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def free(self, start: int, end: int) -> bool:
        return all(end <= low or start >= high for low, high in self.used)

    def take(self, start: int, end: int, *, silent: bool = False) -> None:
        """`silent`: words that would mislead a search, such as what is not wanted."""
        self.used.append((start, end))
        self.silent += [(start, end)] if silent else []

    @property
    def rest(self) -> str:
        """The words that nothing was read from."""
        return _blanked(self.text, self.used)

    @property
    def words(self) -> str:
        """The words to search with."""
        return _blanked(self.text, self.silent)


class Parser:
    """Reads messages about one catalogue. Safe to share between threads."""

    def __init__(self, schema: Mapping[str, Facet], texts: Texts) -> None:
        self.schema = schema
        self.values = ValueIndex(schema, texts)
        self._phrases = phrases_of(schema.values())
        self._idioms = [tuple(idiom.split()) for idiom in idioms()]

    def read(self, text: str, setting: Setting, *, taken: Sequence[tuple[int, int]] = ()) -> Draft:
        """The conditions in `text`; `taken` are places that name items, from which nothing else is read."""
        text = plain(text)
        draft = Draft(text, used=list(taken))
        found = self.values.find(text)
        worded = [
            (span.start, span.end)
            for span in found
            if not span.meaning.loose and any(char.isdigit() for char in text[span.start : span.end])
        ]
        self._numbers(draft, setting, worded)
        phrases = [phrase for phrase in self._said(text) if draft.free(phrase[0], phrase[1])]
        spans = [span for span in found if draft.free(span.start, span.end)]
        spans = [
            span
            for span in spans
            if not any(
                low <= span.start and span.end <= high and high - low > span.end - span.start
                for low, high, _, sort in phrases
                if sort != "name"
            )
        ]
        self._values(draft, spans, setting)
        for start, end, facet, sort in phrases:
            if sort != "name" and draft.free(start, end):
                self._measured(draft, (start, end), facet, sort, setting)
        if not draft.constraints and setting.asked in self.schema:
            self._answered(draft, self.schema[setting.asked])
        self._others(draft, setting)
        for start, _ in taken:
            self._dated(draft, start, setting)
        return draft

    def _answered(self, draft: Draft, facet: Facet) -> None:
        """A bare answer to a question: "yes", or a value that names nothing where it was not asked about."""
        said = " ".join(draft.text.casefold().strip(" .!?\"'").split())
        known = {value.casefold(): value for value in facet.values}
        values = (known[said],) if said in known else ()
        if YES.match(said):
            values = (
                tuple(value for value in facet.values if value.casefold() not in ABSENT) if is_presence(facet) else ()
            )
        if values:
            draft.constraints.append(Constraint(facet.name, "any", values, text=draft.text))
            draft.take(0, len(draft.text))

    def _others(self, draft: Draft, setting: Setting) -> None:
        """ "a different brand", "not that one's": other values of a facet than those of the items meant."""
        for start, end, name, sort in self._said(draft.text):
            facet = self.schema[name]
            before = DIFFERENT.search(draft.text[:start])
            if sort != "name" or not before or facet.kind not in ("category", "list") or not draft.free(start, end):
                continue
            ids = draft.references or setting.about or setting.shown
            held = [_texts(item, name) for item_id in ids if (item := setting.item(item_id))]
            values = tuple(dict.fromkeys(self._typed(name, text) for texts in held for text in texts))
            if values and (facet.kind == "category" or facet.measure in (*NAMED, "language", "country")):
                draft.constraints.append(Constraint(name, "none", values, text=draft.text[before.start() : end]))
                draft.take(before.start(), end, silent=True)

    def _dated(self, draft: Draft, start: int, setting: Setting) -> None:
        """ "from before <an item>": by the years of the two."""
        found = BEFORE_IT.search(draft.text[:start])
        facet = _commonest(facet for facet in self.schema.values() if facet.measure == "year" and not facet.scale)
        if found and facet:
            earlier = found["when"].lower() in ("before", "prior to")
            self._compared(draft, (found.start(), found.end()), facet, "less" if earlier else "more", setting)

    def named(self, text: str) -> dict[str, tuple[int, int]]:
        """The facets that `text` talks of by their name or by a value, and where."""
        found = {facet: (start, end) for start, end, facet, _ in self._said(text)}
        for span in self.values.find(text):
            found.setdefault(span.meaning.facet, (span.start, span.end))
        return found

    def _said(self, text: str) -> list[tuple[int, int, str, str]]:
        """Names of facets and words of measure, the longest first: (start, end, facet, sort)."""
        words = list(WORD.finditer(text))
        found: list[tuple[int, int, str, str]] = []
        place = 0
        while place < len(words):
            idle = next((idiom for idiom in self._idioms if _begins(words, place, idiom)), ())
            if idle:
                place += len(idle)
                continue
            for length in range(min(LONGEST_PHRASE, len(words) - place), 0, -1):
                phrase = " ".join(word.group().lower().replace("-", " ") for word in words[place : place + length])
                known = self._phrases.get(phrase)
                if known:
                    start, end = words[place].start(), words[place + length - 1].end()
                    found += [(start, end, facet, sort) for facet, sort in known[:1]]
                    place += length
                    break
            else:
                place += 1
        return found

    # Numbers

    def _numbers(self, draft: Draft, setting: Setting, worded: Sequence[tuple[int, int]]) -> None:
        """`worded` are values with a number in them, which is none by itself."""
        for bound in bounds(draft.text):
            if any(low < bound.end and bound.start < high for low, high in worded):
                continue
            facet = self._facet_of(draft.text, bound, setting) if draft.free(bound.start, bound.end) else None
            if facet is None:
                continue
            read = grades(facet, bound) if facet.scale else condition(facet, bound, converted(bound, facet))
            if read.op == "within" and denied(draft.text, bound.start, bound.end):
                read = replace(read, op="outside")
            said = draft.text[bound.start : bound.end]
            draft.constraints.append(replace(read, strength=strength(draft.text, bound.start, bound.end), text=said))
            draft.take(bound.start, bound.end, silent=True)

    def _facet_of(self, text: str, bound: Bound, setting: Setting) -> Facet | None:
        """The facet that a number is of: by its unit, by the words near it, by the question that was asked."""
        numeric = [facet for facet in self.schema.values() if facet.kind in ("number", "date") or is_graded(facet)]
        measures = {"min": ("duration",), "year": ("year",), "pages": ("pages",), "stars": ("score",), "kg": ("weight",),
                    "of 5": ("score",), "of 10": ("score",), "of 100": ("score",), "%": ("score",), "km": ("distance",)}  # fmt: skip
        wanted = measures.get(bound.unit, ("price",) if bound.unit in ("EUR", "USD", "GBP", "JPY", "CHF") else ())
        begin, stop = clause(text, bound.start, bound.end)
        near = [(start, end, name) for start, end, name, _ in self._said(text[begin:stop])]
        if (
            bound.unit == "year"
            and (bound.values[0] == bound.values[-1])
            and self._named_near(near, numeric, ("duration", "price", "pages"))
        ):
            wanted = ()
        if wanted:
            return _commonest(facet for facet in numeric if facet.measure in wanted and not facet.scale)
        named = [facet for facet in numeric if any(name == facet.name for _, _, name in near)]
        if not named and RATED.search(text[begin:stop]):
            named = [facet for facet in numeric if facet.measure == "score"]
        if named:
            inside = [facet for facet in named if _could_be(facet, bound)]
            return inside[0] if inside else None
        asked = self.schema.get(setting.asked)
        if asked and asked in numeric:
            return asked
        likely = [facet for facet in numeric if facet.measure in LIKELY and not facet.scale and _could_be(facet, bound)]
        return likely[0] if len(likely) == 1 and not bound.plain else None

    @staticmethod
    def _named_near(near: Iterable[tuple[int, int, str]], numeric: Sequence[Facet], measures: Sequence[str]) -> bool:
        names = {facet.name for facet in numeric if facet.measure in measures}
        return any(name in names for _, _, name in near)

    # Values

    def _values(self, draft: Draft, spans: Sequence[Span], setting: Setting) -> None:
        groups: dict[tuple[str, bool, Strength], list[list[Span]]] = defaultdict(list)
        places = [(span.start, span.end, span.meaning.facet) for span in spans if not span.meaning.loose]
        places += [(start, end, "") for start, end in draft.used]
        for span in self._together(draft.text, [self._meant(draft.text, span, setting) for span in spans]):
            if not draft.free(span.start, span.end):
                continue
            pointed = self._pointed(draft.text, span, setting)
            if pointed:
                draft.references.append(pointed)
                continue
            facet = self.schema[span.meaning.facet]
            others = _without(draft.text, places, span)
            against = denied(others, span.start, span.end)
            if facet.scale and self._graded(draft, facet, span):
                continue
            if span.meaning.loose and not against:
                continue  # looked for in the texts
            alone = sum(other.meaning == span.meaning for other in spans) == 1
            theme = facet.measure == "kind" and alone and ABOUT.search(others[: span.start])
            key = (
                facet.name,
                against,
                "soft" if span.meaning.mood or (theme and not against) else strength(others, span.start, span.end),
            )
            draft.take(span.start, span.end, silent=against)
            previous = groups[key][-1][-1] if groups[key] else None
            link = joint(draft.text, previous.end, span.start) if previous else "none"
            if previous and (
                against
                or link == "or"
                or (link in ("and", "comma") and (facet.kind != "list" or (link == "comma" and facet.measure in NAMED)))
            ):
                groups[key][-1].append(span)
            else:
                groups[key].append([span])
        for (name, against, strong), runs in groups.items():
            for run in _either(draft.text, runs):
                values = tuple(dict.fromkeys(value for span in run for value in span.meaning.values))
                said = ", ".join(draft.text[span.start : span.end] for span in run)
                shown = tuple(self._typed(name, value) for value in values)
                read = Constraint(name, "none" if against else "any", shown, strong, text=said)
                if strong == "hard" and replace(read, strength="soft") in draft.constraints:
                    continue
                draft.constraints.append(read)

    def _typed(self, facet: str, value: str) -> str:
        return self.values.display(facet, value)

    def _meant(self, text: str, span: Span, setting: Setting) -> Span:
        """Of several facets that hold the value: the one asked about, the language after "in", or the likeliest."""
        meanings = (span.meaning, *span.others)
        begin, stop = clause(text, span.start, span.end)
        if IN_IT.search(text[begin : span.start]) or SPOKEN.search(
            text[max(begin, span.start - 40) : min(stop, span.end + 30)]
        ):
            for meaning in meanings:
                if self.schema[meaning.facet].measure == "language":
                    return replace(span, meaning=meaning)
        for meaning in meanings:
            if meaning.facet == setting.asked:
                return replace(span, meaning=meaning)
        people = [meaning for meaning in meanings if self.schema[meaning.facet].measure == "people"]
        if len(people) > 1:
            near = {name for _, _, name, _ in self._said(text[begin : span.end + 30])}
            for meaning in people:
                if meaning.facet in near:
                    return replace(span, meaning=meaning)
            by = re.search(
                r"\b(?:by|from|of|made|wrote|written)\b",
                text[begin : span.start] + text[span.end : span.end + 10],
                re.IGNORECASE,
            )
            acts = re.search(
                r"\b(?:with|starring|featuring|stars|in it)\b",
                text[begin : span.start] + text[span.end : span.end + 10],
                re.IGNORECASE,
            )
            if bool(by) != bool(acts):
                performers = [meaning for meaning in people if set(self.schema[meaning.facet].names) & PERFORMERS]
                makers = [meaning for meaning in people if meaning not in performers]
                chosen = (makers if by else performers) or people
                return replace(span, meaning=chosen[0])
        return span

    def _together(self, text: str, spans: Sequence[Span]) -> list[Span]:
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
                if self.schema[wanted].measure == "language" or self.schema[mine.meaning.facet].measure != "language":
                    for meaning in (mine.meaning, *mine.others):
                        if meaning.facet == wanted:
                            told[place] = replace(mine, meaning=meaning, others=(mine.meaning, *mine.others))
        return told

    def _pointed(self, text: str, span: Span, setting: Setting) -> str:
        """The one item shown that "the <value> one" describes; empty where it describes none or several."""
        before = re.search(r"\bthe\s+(?:\w+\s+)?$", text[: span.start], re.IGNORECASE)
        after = re.match(r"\s+(?:[\w-]+\s+)?(?:one\b|of them|option)", text[span.end :], re.IGNORECASE)
        if not before or not after:
            return ""
        holding = [item_id for item_id in setting.shown if _holds(setting.item(item_id), span.meaning)]
        return holding[0] if len(holding) == 1 else ""

    def _graded(self, draft: Draft, facet: Facet, span: Span) -> bool:
        """A step of a scale with "or milder", "at most", "above": the steps on that side of it."""
        steps = [value.casefold() for value in facet.scale]
        places = [steps.index(value) for value in span.meaning.values if value in steps]
        if not places:
            return False
        begin, stop = clause(draft.text, span.start, span.end)
        before, after = draft.text[begin : span.start], draft.text[span.end : max(stop, span.end)]
        place = max(places)
        if MILDER.match(after) or UP_TO.search(before):
            kept = facet.scale[: place + 1]
        elif HARDER.match(after) or FROM_ON.search(before):
            kept = facet.scale[min(places) :]
        elif UNDER_IT.search(before):
            kept = facet.scale[:place]
        elif OVER_IT.search(before):
            kept = facet.scale[place + 1 :]
        else:
            return False
        said = draft.text[span.start : span.end]
        strong = strength(draft.text, span.start, span.end)
        draft.constraints.append(Constraint(facet.name, "any", tuple(kept) or (facet.scale[0],), strong, text=said))
        draft.take(span.start, span.end, silent=True)
        return True

    # Words of measure

    def _measured(self, draft: Draft, place: tuple[int, int], name: str, sort: str, setting: Setting) -> None:
        start, end = place
        facet, text = self.schema[name], draft.text
        if sort in ("highest", "lowest"):
            if facet.kind in ("number", "date"):
                draft.order = Order(name, "most" if sort == "highest" else "least")
                draft.take(start, end, silent=True)
            elif facet.scale:
                self._add_steps(draft, place, facet, facet.scale[-1:] if sort == "highest" else facet.scale[:1])
            return
        if sort in ("more", "less"):
            self._compared(draft, place, facet, sort, setting)
            return
        against = denied(text, start, end)
        if not against and TOO.search(text[:start]) and (draft.references or setting.about or setting.shown):
            self._compared(draft, place, facet, "less" if sort == "most" else "more", setting)
            return
        if facet.scale:
            steps = _steps(facet.scale, sort, against=against)
            self._add_steps(draft, place, facet, steps)
        elif facet.thirds and not any(constraint.facet == name for constraint in draft.constraints):
            much = (sort == "most") != against
            # not too much: anything but the upper third; much: the upper third
            number = facet.thirds[0 if much == against else 1] if against else facet.thirds[1 if much else 0]
            number = facet.thirds[1 if sort == "most" else 0] if against else number
            read = condition(facet, Bound(start, end, "min" if much else "max", (number,), ""), (number,))
            hard = strength(text, start, end) == "hard" and re.search(r"\bmust\b|\bhas to\b|\bneeds? to\b", text)
            draft.constraints.append(replace(read, strength="hard" if hard else "soft", text=text[start:end]))
            draft.take(start, end)

    def _add_steps(self, draft: Draft, place: tuple[int, int], facet: Facet, steps: Sequence[str]) -> None:
        said = draft.text[place[0] : place[1]]
        draft.constraints.append(Constraint(facet.name, "any", tuple(steps), strength(draft.text, *place), text=said))
        draft.take(*place)

    def _compared(self, draft: Draft, place: tuple[int, int], facet: Facet, sort: str, setting: Setting) -> None:
        """ "newer than that": beyond the value of the item meant, or of those shown where none is named."""
        start, end = place
        ids = tuple(draft.references) or setting.about or setting.shown
        items = [item for item_id in ids if (item := setting.item(item_id))]
        against = denied(draft.text, start, end)
        strong = strength(draft.text, start, end)
        said = draft.text[start:end]
        more = (sort == "more") != against
        if facet.scale:
            steps = [value.casefold() for value in facet.scale]
            places = [steps.index(text) for item in items for text in _texts(item, facet.name) if text in steps]
            if places:
                kept = facet.scale[max(places) + 1 :] if more else facet.scale[: min(places)]
                draft.constraints.append(
                    Constraint(
                        facet.name,
                        "any",
                        tuple(kept) or facet.scale[-1:] if more else tuple(kept) or facet.scale[:1],
                        strong,
                        text=said,
                    )
                )
                draft.take(start, end)
            return
        numbers = [
            number
            for item in items
            if (number := item.attributes.get(facet.name)) is not None and not isinstance(number, tuple)
        ]
        if not numbers:
            return
        ordered = sorted(numbers, key=lambda number: (isinstance(number, str), number))
        too = TOO.search(draft.text[:start])
        pivot = ordered[-1 if more else 0] if too or draft.references else ordered[len(ordered) // 2]
        if pivot in (facet.low, facet.high):  # nothing lies beyond it
            pivot = ordered[len(ordered) // 2]
        draft.constraints.append(Constraint(facet.name, "above" if more else "below", (pivot,), strong, text=said))
        draft.take(start, end)


def _begins(words: Sequence[re.Match[str]], place: int, phrase: Sequence[str]) -> bool:
    return tuple(word.group().lower() for word in words[place : place + len(phrase)]) == tuple(phrase)


def _blanked(text: str, places: Iterable[tuple[int, int]]) -> str:
    kept = list(text)
    for low, high in places:
        kept[low:high] = " " * (high - low)
    return " ".join("".join(kept).split())


def _without(text: str, places: Iterable[tuple[int, int, str]], span: Span) -> str:
    """The text with everything else that was read blanked out, so that only the words between say how it is joined."""
    kept = list(text)
    for low, high, facet in places:
        if high <= span.start or low >= span.end:
            kept[low:high] = (READ if facet == span.meaning.facet else OTHER) * (high - low)
    return "".join(kept)


def _commonest(facets: Iterable[Facet]) -> Facet | None:
    return min(facets, key=lambda facet: (-facet.count, facet.name), default=None)


def _could_be(facet: Facet, bound: Bound) -> bool:
    """Whether the number lies where the facet's do, give or take."""
    if facet.scale:
        return all(str(int(value)) in facet.scale for value in bound.values)
    if facet.low is None or facet.high is None:
        return False
    slack = 0.0 if bound.plain else 0.5 * (facet.high - facet.low)
    return all(facet.low - slack <= value <= facet.high + slack for value in bound.values)


def _steps(scale: Sequence[str], sort: str, *, against: bool) -> Sequence[str]:
    """The lowest or the highest part of a scale; what is denied leaves the rest."""
    count = max(
        1,
        round(len(scale) / 3)
        if len(scale) < 4
        else len(scale) // 2
        if sort == "least" and not against
        else len(scale) // 3,
    )
    if sort == "most":
        return scale[:-count] if against else scale[-count:]
    return scale[count:] if against else scale[:count]


def _either(text: str, runs: Sequence[list[Span]]) -> Iterator[list[Span]]:
    """Runs joined by commas that end with "or" are one: "a, b or c"."""
    merged: list[list[Span]] = []
    for run in runs:
        if merged and joint(text, merged[-1][-1].end, run[0].start) == "comma" and len(run) > 1:
            merged[-1] = [*merged[-1], *run]
        else:
            merged.append(list(run))
    yield from merged


def _texts(item: Item, facet: str) -> tuple[str, ...]:
    value = item.attributes.get(facet)
    texts = () if value is None else value if isinstance(value, tuple) else (str(value),)
    return tuple(" ".join(text.casefold().split()) for text in texts)


def _holds(item: Item | None, meaning: Meaning) -> bool:
    return item is not None and bool(set(_texts(item, meaning.facet)) & set(meaning.values))
