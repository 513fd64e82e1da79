"""Prompts as text files, read by `chatrec.llm.prompt(name)`."""
