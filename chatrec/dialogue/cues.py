"""The words by which a message says what it is for and what it feels about items; English, and of no catalogue's field."""

from __future__ import annotations

import re

from chatrec.dialogue.reading import Attitude

ANNOUNCES = re.compile(
    r"\b(?:like|liked|likes|love|loved|loves|adore|adored|enjoy|enjoyed|hate|hated|watched|saw|seen|read|played|own|"
    r"bought|than|not|except|recommend|suggest|similar to|compared to|reminds? me of|compare|versus|vs\.?|finished|rewatched|"
    r"reread|fan of|watching|reading|directed|rate)\s+[\"“'‘]?$",
    re.IGNORECASE,
)
"""Ends where a title may begin."""

_DISLIKED = re.compile(
    r"\b(?:hate[ds]?|dislike[ds]?|can(?:'|’|no)?t stand|(?:could|did)(?: not|n['’]t) (?:really )?(?:like|enjoy|care for|get into|finish|stand|get on with)|"
    r"do(?: not|n['’]t) (?:really )?(?:like|enjoy|care for)|was(?: not|n['’]t) (?:a (?:big )?fan|good|keen|into|impressed)|not a (?:big |huge )?fan of|bored by|"
    r"loathed?|detest(?:ed)?|disappointed (?:by|in|with)|walked out of|gave up on|regret(?:ted)?|put off by|unlike|nothing like|less like|not like|unimpressed by)\b",
    re.IGNORECASE,
)
_REJECTED = re.compile(
    r"\b(?:not|no|no more|except|but not|without|anything but|skip|pass on|leave out|drop|other than|apart from|besides|forget|instead of|rather than|remove)"
    r"(?:\s+(?:the|even|keen on|sure about|into|fussed about|interested in|feeling|in the mood for))*\s+[\"“'‘]?$",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"\b(?:already (?:seen|saw|watched|read|played|have|own|bought|know|been to|tried|got|had)|"
    r"(?:i|we|i['’]ve|i have|we['’]ve|have|ive|just|recently)\s+(?:already\s+|just\s+|both\s+)?(?:seen|saw|watched|read|played|own|have|finished|know|tried|visited|been to|bought|rewatched)|seen|"
    r"(?:i|we) (?:just |recently )?(?:watched|saw|finished|rewatched|bought|own|have)|don['’]t need)\b",
    re.IGNORECASE,
)
_LIKED = re.compile(
    r"\b(?:love[ds]?|like[ds]?|enjoy(?:ed|s)?|adore[ds]?|great|favou?rites?|similar|like|fan of|fond of|in the (?:vein|spirit|style|mould|mold) of|"
    r"reminds?|along the lines of|obsessed with|the (?:likes|feel|mood|vibe) of|more|as good as|akin to|close to|big on|best|moved by|impressed by|blown away by)\b",
    re.IGNORECASE,
)

AFTER: tuple[tuple[Attitude, re.Pattern[str]], ...] = (
    (
        "seen",
        re.compile(
            r"^[\s\"”’)]*already\b|^[\s\"”’)]*[^.;!?]{0,12}?[\s,:—–?.-]*\b(?:already (?:seen|watched|read|own|have|know|tried|been|did)|(?:i(?:['’]ve| have)?|we(?:['’]ve| have)?|have) (?:already |both )?"
            r"(?:seen|watched|read|own(?:ed)?|know|tried|been|had)\b(?! (?:enough|it all))|seen (?:it|that|them|this|those)?\b|watched (?:it|that)|been there|done that|(?:is|are) (?:already )?(?:on my shelf|in my collection)|"
            r"got (?:it|that one)|saw (?:it|that)|read (?:it|that))",
            re.IGNORECASE,
        ),
    ),
    (
        "disliked",
        re.compile(
            r"^[\s\"”’)]*[\s,:—–-]*(?:(?:was|is|were|felt|seemed|which was) (?:\w+ ){0,2}?(?:awful|terrible|boring|dreadful|bad|rubbish|dull|horrible|overrated|tedious|crap|garbage|trash|a bore|"
            r"a let ?down|disappointing|a disappointment|a waste|painful|unbearable|insufferable|rubbish)|(?:which |and )?(?:i |we )?(?:really |absolutely )?(?:hated|disliked|loathed)(?: it)?|bored me|left me cold|"
            r"(?:did|does)(?: not|n['’]t) do (?:it|much|anything)|was(?:n['’]t| not) (?:good|for me|my)|put me (?:off|to sleep)|annoyed me|let me down|disappointed me)",
            re.IGNORECASE,
        ),
    ),
    (
        "rejected",
        re.compile(
            r"^[\s\"”’)]*[\s,:—–?.-]*(?:(?:is|are|was|s|'s|’s)\s+)?(?:not (?:really |quite |exactly )?(?:for me|my|what|it\b|right|the one|today|tonight|again)|no\b|nope|nah|"
            r"(?:is|are)n['’]?t (?:really |quite )?(?:for me|my|what|it\b|right|the one|going)|pass\b|skip|"
            r"(?:does|do|did)(?:n['’]?t| not) (?:\w+ )?(?:appeal|work|grab|interest|sound|feel|fit|speak|tempt|do it)|won['’]?t do|too \w+|can go|either|"
            r"doesn|out\b|leaves me|looks? (?:boring|dull|bad|awful)|sounds? (?:boring|dull|bad|awful|dreadful)|i(?:['’]ll| will) pass|no thanks?)",
            re.IGNORECASE,
        ),
    ),
    (
        "liked",
        re.compile(
            r"^[\s\"”’)]*[\s,:—–-]*(?:(?:is|was|were|are) (?:\w+ ){0,3}?(?:great|brilliant|amazing|wonderful|fantastic|my (?:all[- ]time )?favou?rite|excellent|lovely|perfect|superb|good)|"
            r"(?:which |and )?(?:i |we )?(?:really |absolutely )?(?:loved|adored|enjoyed)(?: it)?|blew me away|blew my mind|stuck with me|moved me|made me)",
            re.IGNORECASE,
        ),
    ),
)

AGAIN = re.compile(
    r"\b(?:start (?:over|again|afresh|anew|from (?:scratch|zero|the (?:beginning|top)))|from scratch|forget (?:all|everything)|new (?:search|topic)|reset|clean slate|clear (?:everything|all)|"
    r"wipe (?:everything|the slate|it all)|restart|begin (?:again|anew|afresh)|let['’]?s start (?:over|again|fresh)|scrap (?:everything|all|it all|the lot)|scratch all (?:of )?(?:that|this|it))\b",
    re.IGNORECASE,
)
UNDO = re.compile(
    r"\b(?:undo|go back|take (?:that|it)(?: last)?(?: \w+)? back|took that back|scratch that|scrap that|revert|cancel that|forget (?:that|it|what i (?:just )?said|the last (?:thing|one|bit|message))|"
    r"never ?mind(?: (?:that|what i (?:just )?said|the last))?|back to (?:before|what|how)|as (?:it was )?before|ignore (?:that|what i|my last|the last)|strike that|"
    r"disregard (?:that|the last|my last)|i (?:didn['’]t|did not) mean that|step back|on second thou?ghts?,? no|unsay)\b",
    re.IGNORECASE,
)
OTHERS = re.compile(
    r"\b(?:(?:something|anything|someone|somewhere) (?:else|different)|what else|any ?more(?=\W*$)|any more (?:ideas|options|suggestions|like)|more options|other (?:ones?|options?|suggestions?|ideas?)|none of (?:these|those|them|the above)|"
    r"(?:show|give|got|have|try|find) (?:me |us |you )?(?:any |some |a few )?(?:more|others?|another|again)|next\b|(?:not|no to|nope to|neither of) (?:these|those|any of)|different ones?|new ones?|another (?:one|list|lot|batch|round|set)|"
    r"keep (?:going|looking)|try again|no luck|not quite|don['’]?t (?:like|fancy|want) (?:any of )?(?:these|those|them)|nothing (?:here|there|in this list)|not feeling (?:these|those|it)|doesn['’]?t (?:do it|grab me|appeal))\b"
    r"|^\W*(?:more|others?|next|no|nope|nah|no thanks?|no thank you|hmm+,? no|not really|pass|meh)\W*(?:please)?\W*$",
    re.IGNORECASE,
)
NO_THANKS = re.compile(
    r"^\W*(?:no|nope|nah|hmm+|ugh|eh|meh|sorry|not|none|neither|pass)\b|\b(?:no way|no thanks?|no thank you|not for me|not (?:really )?what i|not my|too \w+|drags|pass on|nope|put me off|can['’]t (?:do|stand|face|handle)|"
    r"wrong \w+|(?:would|does|wo|will)(?:n['’]?t| not) (?:suit|work|do|fit)|not the \w+ (?:i|we)\b|can['’]?t afford|not keen|not feeling|isn['’]?t for me|don['’]?t (?:fancy|like|want)|rather not|doesn['’]?t appeal|won['’]?t do|not quite)\b",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"^\W*(?:hi|hiya|hello|hey|yo|howdy|good (?:morning|afternoon|evening|day)|greetings)(?:\s+(?:there|again|everyone|all|bot|friend|mate|you))?(?:[\s,]*(?:how are you(?: doing)?(?: today)?|how(?:'s| is) it going|what['’]?s up|nice to meet you))?\W*$",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|great|perfect|cool|lovely|right|good|brilliant)[,!. ]+)?(?:many thanks|thanks?(?: (?:a lot|so much|very much|a million|again|for (?:your|the|all|that)[\w\s]*))?|thank you(?: (?:so much|very much|again|for[\w\s]*))?|cheers|ta|bye|goodbye|see you(?: later)?|good night|that['’]?s all(?: for (?:now|today))?)\W*(?:bye|goodbye)?\W*$",
    re.IGNORECASE,
)
WHY = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|hm+|um|er)\W+)*(?:why\b(?! not\b)|how come|how so|what made you|what makes (?:you|that|this|it)|for what reason|on what (?:basis|grounds)|what['’]?s the (?:reason|logic|thinking)|explain)|"
    r"\bwhy (?:did|do|would|have|are|is|was|this|that|these|those|the)\b|\b(?:reason|reasoning) (?:for|behind|you)|\bwhat made you (?:pick|choose|suggest|think)|\b(?:tell me|explain|wonder|curious|know) why\b|\bhow did you (?:get|come|pick|choose|arrive|end up)",
    re.IGNORECASE,
)
COMPARE = re.compile(
    r"\b(?:compare|compared|comparison|versus|vs\.?|difference(?:s)? between|how (?:do|does|are|is) .{2,60}? (?:differ|different|compare|stack up)|side by side|pros and cons|"
    r"(?<!one )(?<!ones )(?<!something )(?<!anything )which (?:one )?(?:of (?:them|the|these|those)[\w\s]*)?(?:is|has|would|do|should|are|was|runs|lasts|costs|came)|better of the|choose between|torn between|decide between|what sets)\b",
    re.IGNORECASE,
)
ACCEPT = re.compile(
    r"\b(?:i(?:['’]?ll| will) (?:take|go (?:for|with)|watch|have|get|buy|read|try|book|give)|let['’]?s (?:go (?:with|for)|take|watch|do|try|have|book|get)|"
    r"(?:sounds?|looks?|seems?) (?:\w+ )?(?:good|great|perfect|right|lovely|ideal|like a plan|like (?:just )?the (?:one|thing)|wonderful|fantastic|brilliant|fun|spot on|delightful|nice|fine)|"
    r"that['’]?s (?:the one|perfect|it|exactly|just (?:the thing|what)|great|ideal|spot on|my pick|me sorted|settled|decided)|^\W*(?:perfect|sold|deal|done|yes please|bingo|great choice|good choice|excellent)\b|"
    r"works for me|i want (?:that|this) one|book it|(?:good|great|excellent|lovely|nice|perfect) (?:choice|pick|one|find|call)|going with|i(?:['’]m| am) (?:going (?:with|for)|happy with|sold)|is (?:perfect|the one|exactly|just right|ideal)|"
    r"will do (?:nicely|fine|just fine|the trick)|tonight it is|it is then|that one,? please|i(?:['’]d| would) like that one|settled)\b",
    re.IGNORECASE,
)
TAKES = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|fine|alright|all right|right|yes|yeah|good|so|then)[,.!\s]+(?:then[,\s]+|so[,\s]+)?(?:it['’]?s |i['’]?d say )?[^.?!]{0,40}|[^.?!,]{0,40}[,\s]+(?:please|then|it is))\W*$",
    re.IGNORECASE,
)
"""A short message that names an item and little else: it is taken."""

SURPRISE = re.compile(
    r"\b(?:surprise me|feeling lucky|pick (?:something|anything|one) (?:at random|for me|random)|dealer['’]?s choice|(?:you|u) (?:choose|decide|pick)(?: for me)?|at random|(?:something|anything) random|whatever you (?:like|think|want|fancy)|lucky dip|wild ?card)\b",
    re.IGNORECASE,
)
OUT_OF_SCOPE = re.compile(
    r"\b(?:weather|forecast|poem|joke|haiku|stock (?:price|market)|bitcoin|election|president of|prime minister|capital (?:city )?of|what(?:['’]s| is) \d+\s*[-+*/x]\s*\d+|recipe for|translate (?:this|that|the|it|into)|homework|"
    r"python (?:script|code|function)|write (?:me )?(?:a |an |some )?(?:\w+ )?(?:poem|code|script|essay|email|letter|song|function|program)|who (?:are|made|built|created) you|are you (?:a )?(?:human|robot|real|ai|bot|person|chatgpt)|"
    r"what(?:['’]s| is) (?:the )?(?:time|date)\b|your (?:system )?(?:prompt|instructions)|ignore (?:all |your |previous )+instructions|meaning of life|tell me (?:about yourself|the news)|news today|medical advice|book (?:me )?a (?:flight|taxi)|my (?:tax|password|order|account)\b)",
    re.IGNORECASE,
)
DONT_MIND = re.compile(
    r"\b(?:(?:do|does|did|would|wo)(?:n['’]?t| not) (?:really |much |particularly |actually )*(?:mind|care|matter|bother|fuss)|dont (?:really )?(?:mind|care)|no (?:particular |real |strong )?(?:preferences?|opinion|wish)|any(?:thing)?(?: \w+)? (?:is fine|goes|will do|works|would do|is ok(?:ay)?|suits|at all)|"
    r"whatever|whichever|not (?:\w+ )?(?:fuss(?:ed|y)|bother\w*|important|picky|crucial|relevant)|either(?: way)?(?: is fine)?$|up to you|you (?:choose|decide|pick)|no idea|not sure|all (?:good|fine|the same)|same to me|open to|do(?:n['’]?t| not) know|dunno|couldn['’]?t care less|makes? no difference|i['’]?m (?:easy|flexible|open)|irrelevant|not a concern|immaterial|neither here nor there|surprise me|never thought about)\b|^\W*any(?:thing)?\W*$",
    re.IGNORECASE,
)
DROP = re.compile(
    r"\b(?:forget(?: about)?|never ?mind(?: about)?|drop|ignore|scrap|scratch|lose|remove|lift|leave out|leave aside|skip|cancel|(?:do|does|did|wo)(?:n['’]?t| not) (?:really |even |actually )*(?:care|mind|matter|have to|need to|bother)|"
    r"doesn['’]?t have to|no longer(?! than)|not (?:so |that |really )?(?:important|bothered|fussed|necessary)|relax|loosen|any \w+ (?:is fine|will do|goes|works|is ok(?:ay)?|at all)|any (?:old )?\w+(?=\W*$|\s*[,;!])|take (?:off|out|away)|open to any|without the|get rid of|let go of|"
    r"(?:isn|is)(?:['’]?t| not) (?:so |that |really )?(?:important|an issue|a problem|essential|relevant|necessary)|changed my mind (?:about|on)|set aside|(?:is|are) (?:not )?irrelevant|makes no difference|stop (?:worrying|caring) about|matter(?:s)? (?:any ?more|less)|"
    r"can be (?:anything|any)|can go\b|no (?:longer )?need (?:to|for)|needn['’]?t|not needed|whatever the|regardless of|no matter (?:the|what|which|how))\b",
    re.IGNORECASE,
)
INSTEAD = re.compile(
    r"\b(?:instead|actually|rather|make (?:it|that|them)|switch (?:to|it)|change (?:it|that|the)|on second thou?ghts?|changed my mind|no wait|wait|correction|i meant|let['’]?s (?:say|make|do|try|go)|not .{2,30}? but|swap|how about|what about|go for)\b",
    re.IGNORECASE,
)
QUESTION = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?|hm+|also|oh|right|well|wait|cool|great|nice|thanks|interesting|before i decide|just (?:checking|wondering)|quick question|one (?:more )?(?:question|thing)|out of interest|by the way|btw|tell me|can you tell me|do you (?:happen to )?know|any idea|i wonder|does anyone know|could you tell me|may i ask)\W+)*"
    r"(?:if\s+|whether\s+)?(?:(?:in|at|on|from|by|for|to|with|of|through)\s+)?(?:(?:who|what|how|where|when)['’]?s|is|are|was|were|does|do|did|has|have|had|can|could|will|would|may|might|should|am|who|whose|what|when|where|how|which)\b(?!['’]t)",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(?:is there|are there|do you (?:have|know(?! (?:who|what|when|where|how|if|whether|the))|sell|stock|carry|got)|have you got|has anyone|can (?:you|i|we)|could (?:you|i|we)|would you|will you|what (?:would|do|can|should) (?:you|i|we)|what about|how about|(?<!it )(?<!that )(?<!this )any (?:good|more|other|recommend)|got any|"
    r"what(?:['’]s| is| are) (?:a |some |the |your )?(?:good|best|great|nice|fun)|recommend|suggest|where (?:can|should|could|do) (?:i|we)|which (?:\w+ )?(?:should|would|do|can) (?:i|we|you))\b",
    re.IGNORECASE,
)
"""Asks for items rather than about one."""

OF_IT = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?|hi|hey|oh|well)\W+)*(?:is there|are there|can|could|any|what about|how about|do you know|have (?:they|you)|got)\b.*"
    r"\b(?:in|at|to|with|for|of|by|on|about)\s+(?:the\s+)?[\"“]?$",
    re.IGNORECASE,
)
"""Before the name of an item: something is asked of it, as in "is there parking at"."""

WHO_BY = re.compile(
    r"\b(?:by who(?:m)?|from when|from where|about what|how long|how much|what year|which year|when|who)\s*\W*$",
    re.IGNORECASE,
)
"""Ends a question that is asked the other way round."""

TELL_ME = re.compile(
    r"\b(?:tell me (?:more )?about|(?:wants?|(?:would|['’]d) (?:like|love)|need|have|curious|wonder(?:ing)?) (?:to know )?(?:if|whether)\b|to know (?:if|whether|what|who|how|where|when)\b|tell me (?:the|its|what|who|how|where|when|if|whether)\b|more (?:about|info|information|details?) (?:on|about)?|what do (?:people|others|they|reviewers|viewers|readers|reviews|critics) (?:say|think)|what(?:['’]s| is) (?:it|that|this|the \w+ (?:one)?|.{2,60}?) (?:about|like)\b|"
    r"any (?:reviews|complaints)|what are the reviews)",
    re.IGNORECASE,
)


def attitude(before: str, after: str = "") -> Attitude:
    """What the words around a title, within its clause, say of it; a title that is only named counts as liked."""
    for felt, pattern in AFTER:
        if pattern.match(after):
            return felt
    if _DISLIKED.search(before):
        return "disliked"
    if _REJECTED.search(before):
        return "rejected"
    seen, liked = _last(_SEEN, before), _last(_LIKED, before)
    return "seen" if seen > liked else "liked"


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)
