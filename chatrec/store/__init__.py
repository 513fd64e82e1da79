"""The index on disk: SQLite holds the truth, and from it are derived vectors (Chroma), words (BM25) and facet columns.

A catalogue's folder has a file `CURRENT` that names a manifest in `generations/`, which names parts in `parts/`. Parts
are named by what they hold, written beside and renamed, and never changed afterwards: indexing builds the parts that
are not there yet and then replaces `CURRENT`, so that kill -9 at any moment is harmless. Beside `CURRENT`
may lie `policy.toml`, the house rules.
"""
