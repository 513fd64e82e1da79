"""Adding a catalogue: a file is chosen, what was understood of it is shown, then it is indexed and talked about."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from chatrec.errors import CatalogError, ChatRecError
from chatrec.store.index import catalog_folder
from chatrec.ui.cards import text
from chatrec.ui.preview import preview
from chatrec.ui.reading import Desk, HandedIn, allowed, name_for
from chatrec.ui.shared import QUIET, Place, Shared, signal

_log = logging.getLogger(__name__)

STAGES = {"reading": "Reading the items", "embedding": "Taking in what their texts mean"}
_TO_THE_FORM = """() => {
  const form = document.getElementById("adding");
  form?.scrollIntoView({ block: "start" });
  form?.querySelector("button")?.focus({ preventScroll: true });
}"""
WRONG = "Something went wrong in here. Nothing was added; try again."


class Upload:
    """A catalogue of one's own. Everything about the file is read in a process apart (`Desk`)."""

    def __init__(self, shared: Shared, *, megabytes: int) -> None:
        self.shared = shared
        self.desk = Desk()
        self.megabytes = megabytes

    def lay_out(self) -> None:
        """Nothing at all where no files are taken."""
        if not self.megabytes:
            return
        self.open = gr.Button("Add a catalogue", size="sm", elem_id="add-catalogue")

    def lay_out_form(self) -> None:
        """The form, which stands in the place of the chat while it is open."""
        if not self.megabytes:
            return
        with gr.Column(elem_id="adding", visible=False) as self.form:
            gr.HTML(
                "<h2>Add a catalogue</h2><p>A file with one item a line or row, with an id, a title and whatever else"
                f" is known of it: JSON Lines, CSV, TSV, XML feed, Parquet, plain or .gz, up to {self.megabytes:,} MB."
                " Everybody who uses this page can then talk about it.</p>",
                apply_default_css=False,
            )
            with gr.Row(elem_classes="buttons"):
                self.file = gr.UploadButton(
                    "Choose a file", file_types=allowed(), size="sm", variant="primary", elem_id="choose-file", scale=0
                )
                self.cancel = gr.Button("Cancel", size="sm", elem_id="cancel-adding", scale=0)
            self.report = gr.HTML("", apply_default_css=False, elem_id="report")
            with gr.Column(elem_id="naming", visible=False) as self.naming:
                self.name = gr.Textbox(
                    label="Name of the catalogue", max_lines=1, max_length=64, elem_id="catalogue-name"
                )
                self.go = gr.Button("Index it and talk about it", size="sm", variant="primary", elem_id="index-it")
            self.progress = gr.HTML("", apply_default_css=False, elem_id="indexing")
            self.handed = gr.State(None, time_to_live=3600, delete_callback=self.desk.discard)

    def connect(self) -> None:
        if not self.megabytes:
            return
        shared = self.shared
        shown = [self.form, self.report, self.naming, self.name, self.progress, self.handed]
        opened = self.open.click(self.begin, outputs=shown, queue=False, **QUIET)
        opened.then(None, js=_TO_THE_FORM, **QUIET)  # it stands above all that was said
        self.cancel.click(self.end, inputs=[self.handed], outputs=shown, queue=False, **QUIET)
        self.file.upload(self.read, inputs=[self.file, self.handed], outputs=shown, concurrency_limit=4, **QUIET)
        indexed = [*shown, self.go, self.cancel, shared.place, shared.switched]
        gr.on(
            [self.go.click, self.name.submit],
            self.index,
            inputs=[self.handed, self.name, shared.place],
            outputs=indexed,
            concurrency_limit=1,
            **QUIET,
        )

    # What happens

    def begin(self) -> dict[Any, Any]:
        return {self.form: gr.update(visible=True), self.report: "", self.progress: ""}

    def end(self, handed: str | None) -> dict[Any, Any]:
        self.desk.discard(handed)
        return self._closed()

    def read(self, path: str | None, before: str | None) -> Iterator[dict[Any, Any]]:
        """Shows what was understood of a file, or why it cannot be read."""
        self.desk.discard(before)
        yield {
            self.report: '<p class="stage" role="status">Reading the file</p>',
            self.naming: gr.update(visible=False),
            self.progress: "",
        }
        try:
            if not path:
                raise CatalogError("No file arrived.", mend="Choose it again.")
            handed = self.desk.take(Path(path), largest=self.megabytes << 20)
        except ChatRecError as error:
            yield {self.report: _error(error), self.handed: None}
            return
        except Exception:  # noqa: BLE001 - the edge: whoever reads the page gets a sentence, the log the rest
            _log.exception("A file could not be taken.")
            yield {self.report: f'<p class="error" role="alert">{WRONG}</p>', self.handed: None}
            return
        yield {
            self.report: preview(handed.name, handed.understood),
            self.naming: gr.update(visible=bool(handed.understood.items)),
            self.name: name_for(handed.name),
            self.handed: handed.id,
        }

    def index(self, handed: str | None, name: str, where: Any) -> Iterator[dict[Any, Any]]:
        """Indexes what was handed in, telling how far it is, and opens a conversation about it."""
        place, name = Place.read(where), str(name or "").strip()
        try:
            file = self.desk.of(handed or "")
            self._check(name)
            yield {**self._usable(False), self.progress: _bar("Starting", 0, 0)}
            for stage, done, total in self._indexing(file, name):
                yield {self.progress: _bar(STAGES.get(stage, "Building the index"), done, total)}
        except ChatRecError as error:
            yield {**self._usable(True), self.progress: _error(error)}
            return
        self.desk.discard(handed)
        there = replace(place, session="", catalog=name)
        yield {
            **self._closed(),
            **self._usable(True),
            self.shared.place: there.kept(),
            self.shared.switched: signal(),
        }

    def _check(self, name: str) -> None:
        catalog_folder(self.shared.rec.settings.home, name)  # raises for what cannot be a name
        taken = {each.casefold() for each in self.shared.catalogues.names()}
        if name.casefold() in taken:  # some file systems do not tell them apart
            raise CatalogError(f"There is a catalogue {name!r} already.", mend="Give another name.")

    def _indexing(self, file: HandedIn, name: str) -> Iterator[tuple[str, int, int]]:
        """How far it is, at most every so often. Raises what the indexing raises."""
        told: queue.SimpleQueue[tuple[str, int, int] | None] = queue.SimpleQueue()
        failed: list[ChatRecError] = []

        def work() -> None:
            try:
                self.shared.rec.beside(name).index(
                    file.records(), progress=lambda stage, done, total: told.put((stage, done, total))
                )
            except ChatRecError as error:
                failed.append(error)
            except Exception:  # noqa: BLE001 - the edge: whoever reads the page gets a sentence, the log the rest
                _log.exception("A file that was handed in could not be indexed.")
                failed.append(CatalogError(WRONG))
            told.put(None)

        threading.Thread(target=work, name="chatrec-index", daemon=True).start()
        ended = False
        while not ended:
            seen = [told.get()]
            while not told.empty():
                seen.append(told.get())
            ended = None in seen
            if steps := [step for step in seen if step]:
                yield steps[-1]
        if failed:
            raise failed[0]

    def _usable(self, usable: bool) -> dict[Any, Any]:
        return {self.go: gr.update(interactive=usable), self.cancel: gr.update(interactive=usable)}

    def _closed(self) -> dict[Any, Any]:
        return {
            self.form: gr.update(visible=False),
            self.report: "",
            self.naming: gr.update(visible=False),
            self.name: "",
            self.progress: "",
            self.handed: None,
        }


def _error(error: ChatRecError) -> str:
    return f'<p class="error" role="alert">{text(error)}</p>'


def _bar(stage: str, done: int, total: int) -> str:
    """A bar without an end where it is not known how much there is."""
    known = f' value="{done}" max="{total}"' if total else ""
    count = f": {done:,} of {total:,}" if total else f": {done:,}" if done else ""
    return f'<p role="status">{text(stage)}{count}</p><progress{known} aria-label="{text(stage)}"></progress>'
