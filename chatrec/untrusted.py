"""What strangers or a language model wrote: whether it may be shown, and how it enters a prompt."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LINK = re.compile(
    r"\w+://|\bwww\.|\b(?:javascript|mailto):|[\w.]+@\w+\.\w+|\b[\w-]+\.[a-z]{2,}/"
    r"|\b[\w-]+\.(?:com|net|org|io|co|info|biz|ru|cn|xyz|top|shop|site|online|app|example)\b",
    re.IGNORECASE,
)
MARKUP = re.compile(
    r"<[a-z/!]|\]\s*\(|!\[|`|\*\*|&(?:#\w+|lt|gt|amp|quot|nbsp|apos);"
    r"|[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]",
    re.IGNORECASE,
)
"""HTML, Markdown, and characters that are not seen but change what is."""

COMMAND = re.compile(
    r"\b(?:ignore|disregard|forget|override|ignoriere|vergiss|oublie|olvida|ignora|dimentica)\b.{0,40}"
    r"\b(?:instruction|prompt|rule|guideline|previous|above|anweisung|consigne|instruc|istruzion)"
    r"|\b(?:system prompt|you are now|as an ai\b|(?:system|assistant|user) ?:)"
    r"|<\||\|>|\[/?INST\]|<</?SYS>>|\b(?:system|secret) (?:message|instructions?)\b"
    r"|\b(?:tell|inform) (?:the|every|all|each) users?\b|\byou must (?:be told|recommend|say|write|rank)\b"
    r"|(?<!\bI )\b(?:say|write|answer|reply|respond)(?: only| just)?(?: with| that| and only| uniquement)?"
    r"\W{0,3}[\"“:]"
    r"|\b(?:only|one) sentence(?: is)?\s?:|\brecommend(?:ation)? engines?\b|\bthe model shall\b"
    r"|\b(?:the )?(?:language )?models? (?:shall|must)\b|\bwhen explaining\b|\bthe sentence to write\b"
    r"|\bdecode and follow\b|\byour instructions\b"
    r"|\b(?:always|never|must)\b.{0,10}\b(?:rank|list|put|place)\b.{0,40}\b(?:first|top)\b"
    r"|\bput it on top\b|\bpretend that it is\b|\bend each explanation\b|\brepeat the words above\b|\bexplain that \w"
    r"|\bexplain everything as if\b|\bgive no explanation\b"
    r"|\bmust be listed\b|\bc\d+ ?\[[ef]\d|\[\w+#|\"\}\]|\{\"\w+\":|забудь|忽略.{0,8}指令"
    r"|\b(?:new|earlier|further) instructions\b|\bthe user wants to hear\b|\bact as the\b|\bquote this as\b"
    r"|\b(?:language model|LLM|chatbot|recommender|AI (?:model|assistant|system)|recommendation algorithm)s?\b"
    r"|\byour (?:answer|reply|output|response|explanation|summary|system|prompt)\b|\bthe user\b|\bevery user\b"
    r"|\b(?:antworte|schreibe nur|ignoriere?t? alle|réponds|écris|responde|escribe|muestra tu|rispondi|scrivi)\b"
    r"|\b(?:responda|escreva|napisz|odpowiedz|zignoruj|yoksay|yanıtla|negeer|antwoord met)\b"
    r"|игнорируй|ответь|напиши|無視|回答:|回答：|تجاهل|अनदेखा|무시하"
    r"|(?<![\w+/])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{24,}={0,2}",
    re.IGNORECASE,
)
"""How a text talks to a language model rather than to a reader; mostly English."""

UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
    r"|[\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that are not seen, but change what is or hide what is said; a joiner of emoji is none."""

ALIKE = str.maketrans(
    "аеорсухіѕјԁһӏАВЕКМНОРСТХІЅЈαεορτυχικνΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxisjdhlABEKMHOPCTXISJaeoptuxiknABEZHIKMNOPTYX",
)
"""Letters of other scripts that look like Latin ones."""

TAG = re.compile(r"<\s*/?[a-z!][^<>]*>|&lt;.*?&gt;|!?\[[^\]]*\]\([^)]*\)|`{3,}", re.IGNORECASE | re.DOTALL)
"""Tags, images and links in HTML and Markdown."""

CAP = 2_000
"""Characters of one text that enters a prompt."""


def showable(text: str) -> bool:
    """Whether a sentence may stand in a reply: no link, no markup, nothing said to a language model."""
    if UNSEEN.sub("", text) != text.replace("\u00ad", ""):
        return False
    return not (LINK.search(text) or MARKUP.search(text) or commanding(text))


@lru_cache(maxsize=20_000)
def commanding(text: str) -> bool:
    """Whether a text speaks to a language model, in whatever letters that look alike."""
    return bool(COMMAND.search(text) or COMMAND.search(_latin(text)))


def heard(text: str) -> str:
    """The text literally; nothing of one that anywhere speaks to a language model, whose other words are no better."""
    return "" if commanding(UNSEEN.sub("", text)) else text


def _until_command(text: str) -> str:
    """The sentences before the first that speaks to a language model."""
    if not commanding(text):
        return text
    end = 0
    for found in re.finditer(r"[^.!?…\n]*(?:[.!?…\n]+\s*|$)", text):
        if commanding(found[0]):
            return text[:end].strip()
        end = found.end()
    return ""  # it does so across sentences


def plain(text: str) -> str:
    """The text on one line, capped, without what is not seen, links and tags, and only as far as it speaks to
    readers: what a language model does not read it cannot obey."""
    seen = TAG.sub(" ", _until_command(UNSEEN.sub("", text))[:CAP])
    return " ".join(word for word in seen.split() if not LINK.search(word))


def fenced(text: str) -> str:
    """The text in plain, between marks that it cannot hold itself."""
    held = plain(text).replace("<<<", "‹‹‹").replace(">>>", "›››")
    return f"<<<{held}>>>"


def _latin(text: str) -> str:
    """The text as it looks: the letters of words that mix scripts taken for Latin ones."""
    return unicodedata.normalize("NFKC", text).translate(ALIKE)
