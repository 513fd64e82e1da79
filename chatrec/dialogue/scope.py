"""Which words of a clause govern which: what is negated, what is only wished for, where a clause begins and ends."""

from __future__ import annotations

import re
from typing import Literal

from chatrec.types import Strength

READ = "·"
OTHER = "¦"
"""Stand for every letter that was read as something else: as another value of the same facet, of another facet."""

LETTERS = str.maketrans(READ + OTHER, "  ")

BREAK = re.compile(
    r"[!?;\n]|\.(?!\d)|\s[-–—]+\s|[—]|:\s|\b(?:but|though|although|however|yet|instead(?! of)|otherwise)\b|,\s*and\b(?=\s+(?:i|it|we|no|not|make)\b)",
    re.IGNORECASE,
)
"""Ends a clause."""

NOT = re.compile(
    r"\b(?:no|not|nothing|never|none of|nor|neither|without|w/o|free (?:of|from)|outside(?: of)?|away from(?! (?:here|it|home|everything|work|all))|instead of|rather than|cancel(?:led|ed|ling)?|lacking|(?:an)?other(?: [\w]+)? than|any\w*(?: [\w]+)? but|except(?:ing)?(?: for)?|excluding|exclude|avoid(?:ing)?|"
    r"skip|minus|anything but|everything but|other than|apart from|aside from|leave out|steer clear of|stay away from|"
    r"keep away from|spare me(?: the)?|hold the|enough of|had enough|sick of|tired of|fed up with|bored of|allergic to|"
    r"hate|hates|can(?:['’]?t|not) (?:stand|bear|do|handle|take|eat|read|watch|stomach|have|abide)|loathe|detest|dislike|"
    r"(?:is|are|was|were|do|does|did|should|would|could|ca|wo|must)(?:n['’]?t| not)"
    r"(?: (?:really|even|necessarily))?(?: (?:be )?(?:want(?:ing)?|wanna|like|need|fancy|feel like|care for|enjoy|go for|watch|see|read|eat|do|have|be|get|"
    r"give me|show me|recommend|suggest|in the mood for|into|keen on|big on|crazy about|a (?:big |huge )?fan of)\b)?"
    r"(?: (?:to (?:see|watch|read|eat|have|get|hear)|watching|reading|seeing|eating)\b)?(?: (?:anything|something|any)\b)?|cannot|"
    r"nobody|no one|no-one|rule out|ruling out|less(?! than| expensive| pricey| costly| time)|drop|ditch|lose the|zero|nope|non)(?![\w'’])",
    re.IGNORECASE,
)
NO_NOT = re.compile(
    r"\b(?:no (?:problem|preference|idea|worries|rush|matter|doubt|clue)|not (?:only|just|necessarily|sure|fuss\w*|bother\w*|picky|"
    r"really fuss\w*|too fuss\w*|particularly fuss\w*)|(?:do|does|did|would|wo)(?:n'?t| not) (?:really )?(?:mind|care|matter|hurt|say no|know)|"
    r"why not|not bad|whether or not|if not|nothing better than|can(?:'?t|not) wait|nothing beats|"
    r"(?:is|are|would)n'?t it|never mind|can(?:['’]?t|not) get enough|can(?:['’]?t|not) (?:decide|choose|find|think|remember|sleep|make up|agree|recall|afford)|(?:do|does)(?:n['’]?t| not) have to|big deal)\b",
    re.IGNORECASE,
)
"""Holds a word of negation that denies nothing."""

BARRIER = re.compile(
    r"\b(?:something|but|just|only|rather(?! than)|want|wants|give|love|prefer|please|make|instead(?! of)|i|i'd|i'm|i'll|we|must|should|has to|"
    r"have to|needs?|ideally|preferably|also|plus|otherwise|show|find|looking|so(?= (?:i|we|it|no|they|that|please)\b)|because|since|if|then|is fine|are fine|ok|okay)\b",
    re.IGNORECASE,
)
"""Ends the reach of a negation."""

LINK = re.compile(
    r"\s*(?:(?:and|or|nor|and/or|&)\s*(?:no|not|any|the|a|an|of|in|with|from|even)?|(?:no|not|any|the|a|an|nor)?)\s*"
    r"(?:more\s*)?",
    re.IGNORECASE,
)
"""What may stand between a list's last comma and its last member."""

GOES_ON = re.compile(r"(?:\s*,\s*)*\s*(?:or|nor)\b", re.IGNORECASE)
"""Follows the last but one member of a list of what is unwanted."""

DENIED_AFTER = re.compile(
    r"^(?:[\s,]+(?!(?:that|which|who|and|but|it|they|i|we)\b)[\w'’-]+){0,2}?[\s,:–—-]*(?:(?:is|are|'s|’s|was|s)\s+)?(?:off the (?:table|menu|list|cards)|"
    r"not (?:really |quite |exactly )?(?:my|for|our|what|allowed|an option|in the mood|on)\b|(?:is|are|was)n['’]?t (?:really )?(?:my|for|our|what|it)\b|"
    r"a (?:hard |big |definite )?no\b(?! doubt)|no[ -]go|(?:is|are|['’]s) (?:too|a bit|much too|way too)\b|a turn[- ]off|no thanks?|no thank you|nope|please no|aside\b|excluded|banned|forbidden|"
    r"(?:does|do|did)(?:n['’]?t| not) (?:work|do it|appeal|interest|grab|count)|bores? me|put(?:s)? me off|leaves? me cold|"
    r"gives? me (?:the creeps|nightmares)|[^.;!?]{0,15}?\b(?:leave|keep|drop|skip|avoid) (?:that|it|them|those|this|him|her)\b|"
    r"is where i draw|(?:is|are|['’]s|stays?|were) out\b(?! of)|"
    r"(?:is|are|was|were|does|do|did|has|have)(?:n['’]?t| not)\b(?! (?:\w+ )?(?:matter|bother|necessary|important|essential|a must|required|have to|mind|care|an issue|a problem)))",
    re.IGNORECASE,
)

SOFT = re.compile(
    r"\b(?:ideally|preferabl[ye]|prefer(?:red|ence|ring)?|i(?:'|’)?d (?:rather|love|like it if)|i would (?:rather|love)|(?:we|they)(?:['’]d| would) rather(?! not)|if possible|if (?:you|we|u) can(?=\W*$|\s*[,.;!?)])|"
    r"if there(?:'|’)?s (?:one|any)|if at all possible|(?:would|['’]d) be (?:nice|cool|a bonus|sweet|neat|handy|fab|ideal)|(?:would|['’]d) be \w+ (?:if|to)\b|"
    r"(?:be|is|are) (?:nice|lovely|cool|great) to have|nice to have|bonus|maybe|perhaps|possibly|hopefully|leaning|lean toward|tend to|partial to|fond of|a plus|"
    r"would(?:n['’]?t| not) (?:hurt|mind|say no)|not a must|not essential|optional(?:ly)?|where possible|extra points|brownie points|"
    r"soft spot|weakness for|all the better|so much the better|even better|the more\b.*\bthe better|better still|kinda hoping|hoping for|would help|wouldn't be bad|"
    r"i(?:'|’)?d be (?:happy|happier|glad)|if you have it|at best|in a perfect world|wish list|for preference|by preference|leans?)\b",
    re.IGNORECASE,
)
HARD = re.compile(
    r"\b(?:must(?:n['’]?t)?|has to|have to|had to|needs? to|got to|gotta|need(?:s|ed)?|only|strictly|definitely|absolutely|non[- ]negotiable|essential(?:ly)?|"
    r"required?|at all costs?|no exceptions?|deal[- ]?breaker|insist|no matter what|under no circumstances|make sure|important|certainly|firm|hard limit|crucial|vital)\b",
    re.IGNORECASE,
)


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the clause around text[start:end] begins and ends."""
    begin = max((found.end() for found in BREAK.finditer(text, 0, start)), default=0)
    stop = BREAK.search(text, end)
    return begin, stop.start() if stop else len(text)


def denied(text: str, start: int, end: int) -> bool:
    """Whether what stands at text[start:end] is unwanted."""
    begin, stop = clause(text, start, end)
    before = text[begin:start]
    idle = [found.span() for found in NO_NOT.finditer(before)]
    for found in reversed(list(NOT.finditer(before))):
        if any(low <= found.start() < high for low, high in idle):
            continue
        if _reaches(before[found.end() :], text[end:stop]):
            return True
    after = text[end : end + 60] if stop > end + 60 else text[end : max(stop, min(len(text), end + 40))]
    return bool(DENIED_AFTER.match(after))


def _reaches(between: str, after: str) -> bool:
    """Whether a negation is carried over these words to what follows them."""
    if OTHER in between and not re.match(r"\s*,?\s*(?:or|nor|and no|no|not)\b", between.rpartition(OTHER)[2]):
        return False  # what was read of another facet has come between
    between, after = between.translate(LETTERS), after.translate(LETTERS)
    if BARRIER.search(between):
        return False
    *listed, last = re.split(r",|/", between)
    if not listed:
        return len(between.split()) <= 5
    goes_on = re.search(r"\b(?:or|nor|no|not|and)\b", last) or GOES_ON.match(after)
    return bool(LINK.fullmatch(last) and goes_on) and all(len(piece.split()) <= 2 for piece in listed)


LONG = 40
"""Words; a message of more tells a story, in which far more is named than is asked for."""


def unmarked(text: str) -> Strength:
    """How strongly a value is wanted that a message just names: in a story it is a hint and no condition."""
    return "soft" if len(text.split()) > LONG else "hard"


def strength(text: str, start: int, end: int, *, unmarked: Strength = "hard") -> Strength:
    """ "soft" where the words around say that it need not be, "hard" where they say it must; else `unmarked`."""
    begin, stop = clause(text, start, end)
    commas = [begin, *(found.end() for found in re.finditer(",", text[begin:stop]))]
    commas = [begin + 0 if place == begin else begin + place for place in commas]
    ends = [*(place - 1 for place in commas[1:]), stop]
    for low, high in zip(commas, ends, strict=True):
        if low <= start < max(high, low + 1):
            return _strength_in(text, low, high, begin, start, end) or unmarked
    return _strength_in(text, begin, stop, begin, start, end) or unmarked


def _strength_in(text: str, low: int, high: int, begin: int, start: int, end: int) -> Strength | None:
    """Within text[low:high]: the nearest word of strength before it, else the nearest after it; a wish that was begun
    earlier in the clause goes on where the piece between commas says nothing. None where nothing is said."""
    nearest: list[tuple[int, int, Strength]] = []
    for strong, pattern in (("soft", SOFT), ("hard", HARD)):
        for found in pattern.finditer(text, low, high):
            before = found.end() <= start
            gap = start - found.end() if before else found.start() - end
            if gap >= 0:
                nearest.append((gap, 0 if before else 1, strong))  # type: ignore[arg-type]
    if nearest:
        return min(nearest)[2]
    if re.search(rf"(?:^|,)\s*(?:and\s+|but\s+|or\s+)?(?:{SOFT.pattern})\s*,\s*$", text[begin:low], re.IGNORECASE):
        return "soft"
    if low == begin:
        return None
    earlier = text[begin:low].rstrip(", ")
    return "soft" if SOFT.search(earlier) and re.match(r"\s*(?:and|or|,)", text[low:high]) else None


EXCEPT = re.compile(r"\b((?:any|every)\w*(?: \w+)?|all) but\b", re.IGNORECASE)
HEART = re.compile(
    r"(?<![\w<])<3+(?![\w.,]*\w)(?!\s*(?:\w+)?(?:star|hour|hr|min|day|week|euro|dollar|pound|page|kg|km|mile|%))"
)
"""A sign of love, and no bound."""


def plain(text: str) -> str:
    """The same text, letter for letter, with "anything but" as "anything not", since "but" ends a clause; no hearts."""
    return EXCEPT.sub(lambda found: f"{found[1]} not", HEART.sub(lambda found: " " * len(found[0]), text))


Joint = Literal["or", "and", "comma", "none"]


def joint(text: str, end: int, start: int) -> Joint:
    """How two things named one after the other, text[:end] and text[start:], are joined."""
    between = re.sub(r"^\s*(?:in it\b|ones?\b|too\b)?|\([^()]*\)", "", text[end:start].lower()).strip(" )")
    if re.fullmatch(r",?\s*(?:or|and/or|/|\\|\|)(?:\s+[\w'’]+){0,3}", between):
        return "or"
    if re.fullmatch(
        r",?\s*(?:and|&|\+|plus|as well as|with|and also)\s*(?:the|a|an|in|from|with|on|by)?\s*(?:the)?", between
    ):
        return "and"
    if re.fullmatch(r",\s*(?:the|a|an|in|from|with|on|by)?", between):
        return "comma"
    return "none"
