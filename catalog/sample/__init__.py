"""The catalogue that ships, written for this project."""
