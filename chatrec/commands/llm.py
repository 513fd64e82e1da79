"""`chatrec llm`: the local language models that can be fetched, and fetching one."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from chatrec.errors import SettingsError
from chatrec.llm import local, registry
from chatrec.llm.pull import folder_of, pull
from chatrec.settings import Settings


def listed() -> None:
    """Prints every model of the registry, and the files of one's own."""
    settings = Settings.from_env()
    console, folder = _console(), folder_of(settings)
    for entry in registry.entries():
        default = ", the default" if entry.name == registry.entry().name else ""
        console.print(f"{entry.name}{default}: {_state(entry, settings)}")
        console.print(f"  {entry.about}; {entry.size / 1e9:.2f} GB, {entry.licence}, by {entry.publisher}")
    own = [path.name for path in sorted(folder.glob("*.gguf")) if registry.entry_of(path) is None]
    if own:
        console.print(f"Your own: {', '.join(own)}")
    console.print(f"They lie in {folder}; CHATREC_LOCAL_MODEL names another file.")


def _state(entry: registry.Entry, settings: Settings) -> str:
    path = folder_of(settings) / entry.file
    if not path.exists():
        return f"chatrec llm pull {entry.name}"
    try:
        registry.check(path)
    except SettingsError as error:
        return str(error)
    return "there, and its checksum is right"


def pulled(name: str) -> None:
    """Fetches the model of that name, the default without one, with a progress bar."""
    settings, entry, console = Settings.from_env(), registry.entry(name), _console()
    console.print(f"{entry.name}: {entry.about}")
    console.print(f"{entry.size / 1e9:.2f} GB, licence {entry.licence}, published by {entry.publisher}")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("fetching", total=entry.size)
        path = pull(
            entry, folder_of(settings), progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    console.print(f"It is there, and its checksum is right: {path}")
    if not local.runs():
        console.print('To run it: pip install "chatrec[local]"')


def _console() -> Console:
    return Console(highlight=False, markup=False, soft_wrap=True)
