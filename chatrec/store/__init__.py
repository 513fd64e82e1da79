"""The store: SQLite holds the truth; Chroma, BM25 and facet columns are derived from it, a generation at a time."""
