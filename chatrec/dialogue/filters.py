"""From the loose filters a program writes to strict constraints over the catalogue's facets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from chatrec.catalog.schema import Facet
from chatrec.errors import MessageError
from chatrec.types import Constraint, Op

OPS = get_args(Op)


def constraints_from(filters: Mapping[str, Any], schema: Mapping[str, Facet]) -> tuple[Constraint, ...]:
    """`{"price": {"max": 90}, "colour": ["red", "blue"]}` as hard constraints.

    A value or a list of values means any of them; a mapping may hold the operations of a `Constraint`, and "all": each
    of these values.
    Raises MessageError for a facet, an operation or a value the catalogue cannot have, listing what there is.
    """
    found: list[Constraint] = []
    for name, wanted in filters.items():
        if name not in schema:
            raise MessageError(f"The catalogue has no facet {name!r}.", mend="It has: " + ", ".join(sorted(schema)))
        conditions = wanted if isinstance(wanted, Mapping) else {"any": wanted}
        for op, values in conditions.items():
            each = values if op == "all" and isinstance(values, Sequence) and not isinstance(values, str) else [values]
            found += [_constraint(name, "any" if op == "all" else op, one, schema[name]) for one in each]
    return tuple(found)


def _constraint(name: str, op: str, values: Any, facet: Facet) -> Constraint:
    if op not in OPS:
        raise MessageError(f"{op!r} is no operation on {name!r}.", mend="There are: " + ", ".join((*OPS, "all")))
    many = (
        tuple(values) if isinstance(values, Sequence | set | frozenset) and not isinstance(values, str) else (values,)
    )
    if not many or not all(isinstance(value, str | int | float) for value in many):
        raise MessageError(f"The filter on {name!r} needs a text or a number.")
    if op not in ("any", "none"):
        ranges = op in ("within", "outside")
        if facet.kind not in ("number", "date") or (len(many) % 2 if ranges else len(many) != 1):
            what = "pairs of numbers, low and high," if ranges else "one number,"
            raise MessageError(f"{op!r} needs {what} and a facet of numbers; {name!r} holds a {facet.kind}.")
        for value in many if facet.kind == "number" else ():
            if not isinstance(value, int | float):
                raise MessageError(f"{op!r} of {name!r} needs a number, not {value!r}.")
    return Constraint(name, op, many)  # type: ignore[arg-type]  # op was checked against Op above
