"""`chatrec doctor`: prints what `chatrec.doctor` finds."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatrec import doctor
from chatrec.settings import Settings


def run() -> int:
    """0 where everything works, 1 where something must be mended."""
    table = Table("", "part", "what is there", "what to do", box=None, pad_edge=False)
    marks = {"fine": Text("ok", "green"), "absent": Text("-", "dim"), "broken": Text("!!", "bold red")}
    worst = 0
    for finding in doctor.examine(Settings.from_env()):
        table.add_row(marks[finding.state], Text(finding.part), Text(finding.what), Text(finding.mend))
        worst = max(worst, finding.state == "broken")
    Console().print(table)
    return worst
