"""`chatrec catalogs`: what is indexed, and deleting it."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from chatrec.app import ChatRec
from chatrec.store import manifest
from chatrec.store.index import catalog_folder


def listed() -> None:
    rec = ChatRec.from_env()
    console = Console()
    names = rec.catalogs()
    if not names:
        console.print("No catalogue has been indexed yet. Begin with: chatrec index --sample", markup=False)
        return
    table = Table("catalogue", "items", "passages", "embedder")
    for name in names:
        folder = catalog_folder(rec.settings.home, name)
        about = manifest.read(folder, manifest.current(folder))
        table.add_row(name, f"{about.count:,}", f"{about.passages:,}", about.stamp.name)
    console.print(table)


def removed(name: str, *, ask: bool) -> None:
    rec = ChatRec.from_env()
    if ask and not typer.confirm(f"Delete the index of {name!r}?"):
        raise typer.Exit(1)
    rec.remove_catalog(name)
    Console().print(f"The catalogue {name!r} is gone.", markup=False, highlight=False)
