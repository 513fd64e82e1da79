"""`chatrec doctor`: prints what `chatrec.doctor` finds."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from chatrec import doctor
from chatrec.commands import plain
from chatrec.settings import Settings


def run() -> int:
    """0 where everything works, 1 where something must be mended."""
    console = Console(soft_wrap=True)
    marks = {"fine": Text("ok ", "green"), "absent": Text("-  ", "dim"), "broken": Text("!! ", "bold red")}
    broken = False
    for finding in doctor.examine(Settings.from_env()):
        console.print(Text.assemble(marks[finding.state], (finding.part, "bold"), f"  {plain(finding.what)}"))
        if finding.mend:
            console.print(Text(f"     {plain(finding.mend)}", "dim"))
        broken = broken or finding.state == "broken"
    return int(broken)
