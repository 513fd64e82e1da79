"""Finds the one file behind a name: `load("routes", "words")` is `chatrec/routes/words.py`, imported when asked."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from chatrec.errors import SettingsError

FAMILIES = {
    "formats": ("chatrec.catalog.formats", None),
    "routes": ("chatrec.routes", "Route"),
    "recommenders": ("chatrec.recommenders", "Recommender"),
}
"""Family -> (package, the name each file must define; None: the module itself is the plug-in)."""


def names(family: str) -> list[str]:
    """The names a family offers, in alphabetical order, without importing any of them."""
    package = import_module(FAMILIES[family][0])
    return sorted(module.name for module in iter_modules(package.__path__) if not module.name.startswith("_"))


def load(family: str, name: str) -> Any:
    """The plug-in `name` of `family`; `name` may also be "package.module:Thing" for one that lives elsewhere.

    Raises SettingsError, listing the choices, where there is none.
    """
    package, attribute = FAMILIES[family]
    if ":" in name:
        module, _, attribute = name.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as exc:
            raise SettingsError(
                f"{name!r} cannot be loaded as one of the {family}: {exc}.",
                mend='Write "package.module:Thing" of an importable module, or one of: ' + ", ".join(names(family)),
            ) from exc
    if name not in names(family):
        raise SettingsError(f"There is no {name!r} among the {family}.", mend="There are: " + ", ".join(names(family)))
    module_ = import_module(f"{package}.{name}")
    return getattr(module_, attribute) if attribute else module_


def declared(family: str, name: str, constant: str) -> Mapping[str, Any]:
    """What the file of a plug-in declares under the name of `constant`; empty where it declares nothing."""
    load(family, name)
    module = import_module(name.partition(":")[0] if ":" in name else f"{FAMILIES[family][0]}.{name}")
    found: Mapping[str, Any] = getattr(module, constant, {})
    return found
