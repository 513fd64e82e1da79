"""Recommender models, one file or folder each."""
