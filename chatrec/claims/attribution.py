"""Whether what one reviewer says is said of that reviewer, and not of the catalogue, a name or everybody."""

from __future__ import annotations

import re

from chatrec.claims.cues import cues
from chatrec.claims.sentence import Sentence
from chatrec.sentences import words

OWN = re.compile(r"\b(?:I|I'm|I've|I'd|I'll|my|me|mine|we|our|us)\b|^(?:Bet|Came|Grew|Saw|Served|Took|Worked|Wrote)\b")
"""How somebody speaks of himself; reviews leave the first word out; English."""

SPEAKING = re.compile(r"(?:^|[,;:]\s)((?:[A-ZÀ-Þ][\w’'.-]*\s)+)(?:(?:him|her|them)sel\w+\s)?(\w+)\b")
TOLD = re.compile(r"^(?:The|Its)\s(?:\w+\s)?(\w+)\s(\w+)")
FOR_ALL = re.compile(r"(?:\bnot|n['’]t) (?:be )?for every(?:one|body)\b")
DEFINITE = re.compile(r"^(?:The|All|Every|Critics|Everybody|Everyone|Audiences|People)\b")


def wrong(said: Sentence) -> str:
    kinds = {ref.rsplit("#", 1)[-1].partition(":")[0] for ref in said.refs}
    spoken = set(said.words)
    if _outside(said):
        return "It is told as the words of somebody who does not speak in what it cites."
    if kinds == {"review"}:
        if not spoken & (cues("reporter") | cues("reviewer") | cues("plural") | cues("telling")):
            return "What reviews say is told as a fact."
        return _misplaced(said, spoken)
    told = spoken & cues("reviewer")
    if "review" not in kinds and told and not told & set(words(said.evidence)):
        return "What no review says is told as a reviewer's words."
    return ""


def _outside(said: Sentence) -> bool:
    """Whether a maker or a critic is made to say what is cited, and is not heard there."""
    heard = set(words("\n".join(text for ref, text in said.cited.items() if "#fact:" not in ref)))
    for name, verb in SPEAKING.findall(said.plain):
        if {verb.casefold()} <= cues("speaking") and not set(words(name)) <= heard | cues("reporter") | {"i"}:
            return True
    told = said.words
    return any(
        speaker in cues("outsiders") - heard and set(told[at + 1 : at + 3]) & (cues("speaking") | cues("saying"))
        for at, speaker in enumerate(told)
    )


def _misplaced(said: Sentence, spoken: set[str]) -> str:
    """Whether a review's words are given to another than its writer."""
    if spoken & cues("described"):
        return "A review is told as the description's words."
    for name, verb in SPEAKING.findall(said.plain):
        if verb.casefold() in cues("speaking") and words(name)[-1] not in cues("reporter") | {"i"}:
            return "A review is told as the words of somebody it names."
    crowd = spoken & cues("everybody")
    if (
        crowd
        and "not" not in said.words[:1]
        and not FOR_ALL.search(said.plain)
        and not crowd & set(words(said.evidence))
    ):
        return "A review is told as everybody's opinion."
    reviews = len(set(said.refs))
    if reviews == 1 and spoken & cues("plural") - set(words(said.evidence)) and not spoken & {"one"}:
        return "One review is told as several."
    found = TOLD.match(said.plain)
    speaker = found[1].casefold() if found and found[2] in cues("speaking") else ""
    if speaker and speaker not in cues("reporter") | set(words(said.evidence)):
        return "A review is told as somebody else's words."
    own = any(OWN.search(text.replace("’", "'")) for text in said.borne_by)
    if own and DEFINITE.search(said.plain) and not spoken & cues("reporter"):
        return "What a reviewer tells of himself is told of somebody else."
    return ""
