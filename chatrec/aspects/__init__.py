"""What reviews praise and blame: the catalogue's own recurrent nouns, and how many reviews speak well of each.

Nothing here reads the store: it takes texts and gives values, which the store keeps with the rest of a generation.
`sentiment` says whether a sentence praises or blames, `told` what the reviews of an item agree on, `judged` how
they judge what a question names.
"""

from chatrec.aspects.sentiment import sentiment
from chatrec.aspects.telling import judged, told
from chatrec.aspects.values import Aspect

__all__ = ["Aspect", "judged", "sentiment", "told"]
