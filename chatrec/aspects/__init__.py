"""What reviews praise and blame: the catalogue's own recurrent nouns, and how many reviews speak well of each.

Nothing here reads the store: it takes texts and gives values, which the store keeps with the rest of a generation.
"""

from chatrec.aspects.sentiment import sentiment

__all__ = ["sentiment"]
