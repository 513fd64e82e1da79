"""One file a format, `read(path) -> Iterator[Record]`."""
