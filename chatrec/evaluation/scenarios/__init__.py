"""Whole conversations of scripted people, judged by what the catalogue holds and never by a language model."""

from __future__ import annotations

from chatrec.evaluation.scenarios.outcome import Shelf
from chatrec.evaluation.scenarios.report import Figures, ScenarioReport, scenario_report
from chatrec.evaluation.scenarios.run import SEEDS, TURNS, Held, Run, World, evaluate_scenarios, hold
from chatrec.evaluation.scenarios.scenario import Scenario, read_scenario, read_scenarios

__all__ = [
    "SEEDS",
    "TURNS",
    "Figures",
    "Held",
    "Run",
    "Scenario",
    "ScenarioReport",
    "Shelf",
    "World",
    "evaluate_scenarios",
    "hold",
    "read_scenario",
    "read_scenarios",
    "scenario_report",
]
