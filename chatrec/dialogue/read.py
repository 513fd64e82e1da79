"""Reads one message against the catalogue and what was said before: what it is for, what it names, what it asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chatrec.catalog.vocabulary import things
from chatrec.dialogue import cues
from chatrec.dialogue.bounds import bounds
from chatrec.dialogue.holding import meets
from chatrec.dialogue.parse import Draft, Parser
from chatrec.dialogue.reading import Act, Attitude, Reading, Setting
from chatrec.dialogue.references import Pointed, pointed
from chatrec.dialogue.scope import clause
from chatrec.dialogue.titles import Named, TitleIndex
from chatrec.dialogue.values import Span
from chatrec.types import Constraint, Op

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
TELLING = 3
"""Letters from which a word may be one to search for."""

IDLE = frozenset(
    "seen watched loved hated liked enjoyed already first second third fourth fifth last important "
    "about actually after again all also always and any anybody anyone anything are aren't around bit but can can't "
    "choose could did do does don't dont else even evening ever feel few find for from fun gimme give go going good got great "
    "guess had hadn't has have haven't hello her here hey hi him how i'd i'll i'm i've idea ideally ideas instead into it it's its "
    "just kind know let let's like list little long look looking lot lots love make may maybe me mind minutes mood more most "
    "much must my need new nice night no non not nothing now off okay on one ones only or other our out pick "
    "please pls possible prefer preferably quite rather ready really recommend recommendation recommendations right said same say see "
    "shall she should show some somebody someone something somewhere sort still such suggest suggestion suggestions sure take tell than "
    "thank thanks that that's the their them then there these they thing things think this those though time to today tomorrow tonight "
    "too top try two under until up us very wait want wanna was watch watching we we'd we're we've week weekend well were what what's "
    "when where which while who will with without won't would wouldn't yeah yes yet you you've your year years hours read reading eat rated over "
    "made between released least perhaps anyone's i hour rating be is a an in of at as by if so am".split()
)
"""Words that say nothing to search for."""

BY = re.compile(r"\b(?:by|with|starring|featuring|from)\s+(?:the\s+)?$", re.IGNORECASE)
WANTS = re.compile(
    r"\b(?:want(?:ed)?|prefer|need|looking|rather|after|should|must|has to|have to|got to|as long as|provided|make sure|meant|give|show|something|anything|i'm|we're|only|make|ideally|"
    r"would be|could|instead|where|mood|love|hoping|wish)\b",
    re.IGNORECASE,
)
OF_THEM = re.compile(
    r"\b(?:it(?:['’]?s| is| was| runs| has| costs| isn['’]t| doesn['’]t)|its|that(?:['’]?s| is| one is| was| one(?:['’]s)?| isn['’]t| has| costs| runs)|"
    r"this(?:['’]?s| is| one is)|they(?:['’]re| are| all| aren['’]t)|these (?:are|aren['’]t)|those (?:are|aren['’]t)|"
    r"(?:the|this|that|these|those) \w+(?:['’]s| is| are| was)|too|another|yet another|none of (?:them|these|those)|nobody|no one)\b",
    re.IGNORECASE,
)
NOT_FIRST = re.compile(r"\W*(?:hmm+|sorry|but|well|no|nah|nope)?\W*not\b[^,;.]*$", re.IGNORECASE)
COMPLAINS = re.compile(
    r"^[^.!?]*\b(?:no way|so no\b|no thanks?|no thank you|not for me|sorry|i['’]ll pass|pass\b|won['’]t do)",
    re.IGNORECASE,
)
OPPOSITE: Mapping[Op, Op] = {
    "any": "none", "none": "any", "min": "below", "below": "min", "max": "above", "above": "max", "within": "outside",
    "outside": "within",
}  # fmt: skip
ASKING = re.compile(r"[^.!?;:\n]+\?")
COULD = re.compile(
    r"\W*(?:and |but |so |ok,? )*(?:could|can|should|might|would) (?:it|they|that|you|we|this)\b", re.IGNORECASE
)
MAY_ASK = re.compile(r"\bcan (?:you|i|we) (?:tell|know|ask|check|see if|say)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Reader:
    """Safe to share between threads."""

    parser: Parser
    titles: TitleIndex

    def read(self, message: str, setting: Setting) -> Reading:
        named = self._titles(message, setting)
        points = [point for point in pointed(message, setting) if not _overlap(point, named)]
        taken = [(name.start, name.end) for name in named] + [
            (point.start, point.end) for point in points if not point.vague
        ]
        ids = tuple(
            dict.fromkeys(
                [
                    *(name.item_id for name in named),
                    *(item for point in points if not point.vague for item in point.item_ids),
                ]
            )
        )
        against = replace(setting, about=ids or setting.about)
        draft = self.parser.read(message, against, taken=taken)
        ids = tuple(dict.fromkeys([*ids, *draft.references]))
        act = self._act(message, setting, draft, named, points, ids)
        return self._reading(message, setting, act, draft, named, points, ids)

    def question(self, message: str, setting: Setting) -> str:
        """A question about one item with "it" in the place of its name."""
        places = [(name.start, name.end) for name in self._titles(message, setting)]
        places += [(point.start, point.end) for point in pointed(message, setting) if not point.vague]
        for start, end in sorted(set(places), reverse=True):
            message = f"{message[:start]}it{message[end:]}"
        message = re.sub(r"\b(what|who|how|where|when)s\b", r"\1's", message, flags=re.IGNORECASE)
        asking = ASKING.search(message)
        return asking.group().strip() if asking else message

    def _titles(self, message: str, setting: Setting) -> list[Named]:
        """The items named: those shown, however they are written; others by titles that are not also words of the
        catalogue's own values, or marked as names."""
        shown = _shown_in(message, setting)
        others = [
            name for name in self._others(message) if all(name.end <= s.start or name.start >= s.end for s in shown)
        ]
        return sorted([*shown, *others], key=lambda name: name.start)

    def _others(self, message: str) -> list[Named]:
        found = self.titles.find(message, cues=cues.ANNOUNCES)
        values = [
            (span.start, span.end)
            for span in self.parser.values.find(message)
            if not span.meaning.loose and (BY.search(message[: span.start]) or not _is_surname(message, span))
        ]
        numbers = [(bound.start, bound.end) for bound in bounds(message) if not bound.plain]
        kept = []
        for name in found:
            quoted = message[: name.start].rstrip().endswith(('"', "“", "‘", "«"))
            inside = any(low <= name.start and name.end <= high for low, high in values)
            if not quoted and any(low < name.end and name.start < high for low, high in numbers):
                continue
            if quoted or not inside or len(WORD.findall(message[name.start : name.end])) > 3:
                kept.append(name)
        return kept

    def _act(
        self,
        message: str,
        setting: Setting,
        draft: Draft,
        named: Sequence[Named],
        points: Sequence[Pointed],
        ids: Sequence[str],
    ) -> Act:
        said = bool(draft.constraints or draft.order)
        if cues.AGAIN.search(message):
            return "restart"
        if cues.GREETING.match(message):
            return "greet"
        if cues.THANKS.match(message):
            return "thanks"
        about = bool(ids or (points and (setting.about or setting.shown)))
        if cues.WHY.search(message) and (about or setting.shown):
            return "why"
        if self._is_comparison(message, setting, ids, points):
            return "compare"
        places = [(name.start, name.end) for name in named] + [(point.start, point.end) for point in points]
        turns_down = bool(named) and bool(re.match(r"\W*(?:not|no)\b", message, re.IGNORECASE))
        masked = message  # a title may hold a full stop or a question mark
        for start, end in places:
            masked = f"{masked[:start]}{'Q' * (end - start)}{masked[end:]}"
        if about and not turns_down and self._asks_about(masked, draft, places, setting):
            return "ask"
        if cues.UNDO.search(message) and not self.parser.named(_after(cues.UNDO, message)) and not said:
            return "undo"
        if cues.UNDO.search(message) and re.search(
            r"\b(?:undo|take (?:that|it)(?: last)?(?: \w+)? back|scratch that last|unsay)\b", message, re.IGNORECASE
        ):
            return "undo"
        if (
            setting.shown
            and cues.ACCEPT.search(message)
            and not re.search(r"\b(?:but|only|except|though|n['’]t|not)\b", message)
            and not said
        ):
            return "accept"
        if cues.OUT_OF_SCOPE.search(message) and not said and not named:
            return "out of scope"
        if cues.SURPRISE.search(message) and not said and not setting.asked:
            return "surprise"
        if setting.shown and (
            cues.OTHERS.search(message) or (cues.NO_THANKS.search(message) and (about or _objects(message)))
        ):
            lets_go = cues.DROP.search(message) and set(self.parser.named(message)) & {
                known.facet for known in setting.conditions
            }
            wants = said and not about and not _objects(message) and not cues.OTHERS.search(message)
            return "refine" if lets_go or wants else "reject"
        return "refine" if setting.shown and said else "recommend"

    def _is_comparison(self, message: str, setting: Setting, ids: Sequence[str], points: Sequence[Pointed]) -> bool:
        if not cues.COMPARE.search(message):
            return False
        several = len(ids) > 1 or any(len(point.item_ids) > 1 for point in points)
        return several or (
            bool(setting.shown)
            and bool(
                re.search(
                    r"\bwhich (?:one )?(?:of|is|has|was)\b|\bof (?:them|these|those)\b|\bcompare (?:them|these|those)\b",
                    message,
                    re.IGNORECASE,
                )
            )
        )

    def _asks_about(self, message: str, draft: Draft, places: Sequence[tuple[int, int]], setting: Setting) -> bool:
        """Whether the message asks something of an item, not for items."""
        asking = ASKING.search(message)
        sentence = asking.span() if asking else (0, len(message))
        said = message[slice(*sentence)]
        if draft.order or re.search(
            r"\bthan\b|\b(?:something|anything|one|ones|somewhere)\s+(?:like|similar)\b", said, re.IGNORECASE
        ):
            return False
        if cues.TELL_ME.search(message):
            return True
        if draft.constraints and COULD.match(said.strip()):
            return False
        if any(cues.OF_IT.match(message[sentence[0] : start]) for start, _ in places if start >= sentence[0]):
            return not re.search(r"\b(?:like|similar|instead|recommend|suggest|else)\b", said, re.IGNORECASE)
        if cues.ASKS.search(said) and not MAY_ASK.search(said):
            return False
        if cues.WHO_BY.search(said):
            return True
        if cues.QUESTION.match(said) or re.search(rf"[,;:–—-]\s*{cues.QUESTION.pattern[4:]}", said, re.IGNORECASE):
            return True
        about = any(sentence[0] <= start < sentence[1] for start, _ in places)
        return bool(
            asking and about and not re.search(r"\b(?:like|similar|more|another|else|something)\b", said, re.IGNORECASE)
        )

    def _reading(
        self,
        message: str,
        setting: Setting,
        act: Act,
        draft: Draft,
        named: Sequence[Named],
        points: Sequence[Pointed],
        ids: tuple[str, ...],
    ) -> Reading:
        if act in ("greet", "thanks", "out of scope"):
            return Reading(act)
        vague = tuple(item for point in points if point.vague for item in point.item_ids)
        if act in ("why", "compare", "ask"):
            whole = setting.shown if act == "compare" else setting.about or setting.shown[:1]
            return Reading(act, items=ids or vague or whole)
        if act == "restart":
            return self._afresh(message, draft, named, points)
        dropped, declined, kept = self._let_go(message, setting, draft)
        if act == "undo":
            return Reading(act, dropped=dropped)
        if act == "accept":
            return Reading(act, items=ids or vague[:1] or setting.about or setting.shown[:1])
        felt = list(_felt(message, named, points, setting, act))
        constraints = kept
        if act == "reject":
            felt = felt or [("rejected", item) for item in ids or setting.shown]
        if setting.shown:
            constraints = self._objections(message, setting, constraints, felt)
        instead = bool(cues.INSTEAD.search(message))
        only_drops = bool(dropped or declined) and not constraints
        rest = "" if act in ("reject", "surprise") or only_drops else self._rest(message, draft, named, points)
        return Reading(
            act,
            tuple(constraints),
            draft.order,
            dropped,
            declined,
            tuple(felt),
            ids,
            rest,
            instead,
        )

    def _afresh(self, message: str, draft: Draft, named: Sequence[Named], points: Sequence[Pointed]) -> Reading:
        """Everything forgotten, and what the same message goes on to ask for."""
        for found in cues.AGAIN.finditer(message):
            draft.take(found.start(), found.end(), silent=True)
        felt = tuple(_felt(message, named, (), Setting(), "recommend"))
        ids = tuple(name.item_id for name in named)
        rest = self._rest(message, draft, named, points)
        return Reading("restart", tuple(draft.constraints), draft.order, felt=felt, items=ids, rest=rest)

    def _let_go(
        self, message: str, setting: Setting, draft: Draft
    ) -> tuple[tuple[str, ...], tuple[str, ...], list[Constraint]]:
        """The facets that no longer matter, those the user does not mind about, and the conditions that stay."""
        dropped: list[str] = []
        declined: list[str] = []
        spoken = self.parser.named(message)
        for facet, (start, end) in spoken.items():
            begin, stop = clause(message, start, end)
            words = message[max([begin, message.rfind(",", begin, start) + 1]) : stop]
            let_go = cues.DROP.search(words) or cues.DONT_MIND.search(words)
            mine = self._conditioned(facet, setting)
            if not mine and let_go and not draft.constraints and len(words.split()) < 8:
                declined.append(facet)  # there is no condition on it, and none is wanted
            if not mine:
                continue
            facet = mine
            if not let_go or re.search(r"\b(?:too|as long as|unless|provided)\b", message[begin:], re.IGNORECASE):
                continue
            if (
                re.match(r"(?:drop|skip|lose|without the|remove|leave out|get rid of)\b", let_go.group(), re.IGNORECASE)
                and not setting.shown
            ):
                continue
            dropped.append(facet)
        for known in setting.conditions:
            words = {word for value in known.values for word in WORD.findall(str(value).casefold()) if len(word) > 3}
            said = [word for word in WORD.finditer(message.casefold()) if word.group() in words]
            if said and not draft.constraints and cues.DROP.search(message):
                dropped.append(known.facet)
        kept = [constraint for constraint in draft.constraints if not self._is_let_go(message, constraint)]
        dropped += [constraint.facet for constraint in draft.constraints if constraint not in kept]
        named = {facet for facet in dropped if facet in spoken}
        kept = [
            constraint for constraint in kept if constraint.facet not in named or len(draft.constraints) > len(kept)
        ]
        asked = setting.asked
        if asked and not kept and asked not in dropped and cues.DONT_MIND.search(message):
            declined.append(asked)
        return tuple(dict.fromkeys(dropped)), tuple(dict.fromkeys(declined)), kept

    def _conditioned(self, facet: str, setting: Setting) -> str:
        """The facet that is meant, if there is a condition on it or a question about it: who says "the language" may
        have said "French" and been taken for the country."""
        known = {condition.facet for condition in setting.conditions} | {setting.asked}
        if facet in known:
            return facet
        alike = {"language": "country", "country": "language"}.get(self.parser.schema[facet].measure)
        return next((name for name in sorted(known - {""}) if alike and self.parser.schema[name].measure == alike), "")

    @staticmethod
    def _is_let_go(message: str, constraint: Constraint) -> bool:
        """Whether the words say that this very condition no longer holds: "ignore the two euros"."""
        place = message.find(constraint.text)
        if place < 0 or not constraint.text:
            return False
        return bool(
            re.search(
                r"\b(?:forget|ignore|drop|scrap|never ?mind|lift|take back|cancel|swap|replace|trade|exchange)(?: about| what i said about)?(?: the| that| my)?(?: \w+)?\s*$",
                message[:place],
                re.IGNORECASE,
            )
        )

    def _objections(
        self, message: str, setting: Setting, constraints: Sequence[Constraint], felt: Sequence[tuple[Attitude, str]]
    ) -> list[Constraint]:
        """What is said of items that are turned down, and true of them, is what should not be so."""
        ids = dict.fromkeys(item_id for _, item_id in felt)
        items = [item for item_id in ids or setting.shown if (item := setting.item(item_id))]
        turned = []
        for constraint in constraints:
            described = bool(items) and _describes(message, constraint.text)
            if described and all(meets(item, constraint) for item in items):
                constraint = replace(constraint, op=OPPOSITE[constraint.op], strength="hard")
            turned.append(constraint)
        return turned

    def _rest(self, message: str, draft: Draft, named: Sequence[Named], points: Sequence[Pointed]) -> str:
        """The message, where words are left that were read as nothing else and may be searched for; else nothing."""
        words = [word.lower().replace("’", "'") for word in WORD.findall(draft.rest)]
        telling = [
            word
            for word in words
            if len(word) >= TELLING and word not in IDLE and word not in things() and not word.isdigit()
        ]
        positive = any(
            constraint.op in ("any", "within") or constraint.strength == "soft" for constraint in draft.constraints
        )
        return draft.words if telling or named or positive else ""


def _felt(
    message: str, named: Sequence[Named], points: Sequence[Pointed], setting: Setting, act: Act
) -> list[tuple[Attitude, str]]:
    """What is felt of each item named or pointed at, by the words of its clause."""
    places = [(name.start, name.end, (name.item_id,), False) for name in named]
    places += [(point.start, point.end, point.item_ids, point.vague) for point in points]
    places.sort()
    felt: list[tuple[Attitude, str]] = []
    for number, (start, end, ids, vague) in enumerate(places):
        begin, stop = clause(message, start, end)
        begin = max(
            begin, places[number - 1][1] if number and not _listed(message, places[number - 1][1], start) else begin
        )
        after = message[end : places[number + 1][0] if number + 1 < len(places) else stop + 40]
        feeling = cues.attitude(message[begin:start], after)
        if number and _listed(message, places[number - 1][1], start) and feeling == "liked" and felt:
            feeling = felt[-1][0]
        if (
            vague
            and feeling == "liked"
            and (
                act == "reject"
                or not re.search(r"\b(?:love|loved|like|liked|enjoyed|more like)\b", message, re.IGNORECASE)
            )
        ):
            continue
        if re.search(r"\bthan\s*[\"“]?$", message[begin:start]) and feeling == "liked":
            continue  # only compared with
        felt += [(feeling, item_id) for item_id in ids]
    return felt


def _listed(message: str, end: int, start: int) -> bool:
    return bool(
        re.fullmatch(
            r"[\s\"”“’]*(?:\(?\d{4}\)?)?[\s\"”“’]*(?:,|and|or|nor|&|,\s*and|/)[\s\"“]*(?:the\s+)?",
            message[end:start],
            re.IGNORECASE,
        )
    )


def _objects(message: str) -> bool:
    return bool(re.search(r"\b(?:no way|too \w+|not for me|pass|drags)\b", message, re.IGNORECASE))


def _describes(message: str, said: str) -> bool:
    """Whether the words are said of what was shown ("it's in ...", "not 80s", "too long") and not of what is wanted."""
    place = message.find(said)
    if place < 0 or not said:
        return False
    begin, stop = clause(message, place, place + len(said))
    before, after = message[begin:place], message[place + len(said) : stop]
    if WANTS.search(before):
        return False
    return bool(
        OF_THEM.search(before)
        or (len(message.split()) <= 3 and NOT_FIRST.match(before))
        or COMPLAINS.search(message[place + len(said) :])
        or re.search(r"\b(?:in|on|about) (?:that|it|this|there|them)\b", after, re.IGNORECASE)
    )


def _shown_in(message: str, setting: Setting) -> list[Named]:
    """The items of the last list whose titles stand in the message, whole or up to a bracket, comma or colon."""
    found: list[Named] = []
    text = message.casefold().replace("’", "'")
    for item_id in dict.fromkeys((*setting.shown, *setting.about)):
        item = setting.item(item_id)
        title = item.title.casefold().replace("’", "'") if item else ""
        for form in dict.fromkeys((title, re.split(r"\s*[(,:]", title)[0])):
            place = (
                re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text)
                if len(form) > 2 and len(text) == len(message)
                else None
            )
            if place is None or not _is_name(message[place.start() : place.end()], form):
                continue
            if all(place.end() <= other.start or place.start() >= other.end for other in found):
                found.append(Named(item_id, place.start(), place.end()))
                break
    return found


def _is_name(said: str, form: str) -> bool:
    """Whether words that are a title's are meant as one: several, or with a capital, or no everyday word."""
    return " " in form or said[:1].isupper() or (len(form) > 4 and form not in IDLE and form not in things())


def _is_surname(message: str, span: Span) -> bool:
    return (
        len(span.meaning.values) == 1
        and message[span.start : span.end].casefold() in span.meaning.values[0].split()[1:]
    )


def _overlap(point: Pointed, named: Sequence[Named]) -> bool:
    return any(point.start < name.end and name.start < point.end for name in named)


def _after(pattern: re.Pattern[str], message: str) -> str:
    found = pattern.search(message)
    return message[found.start() :] if found else ""
