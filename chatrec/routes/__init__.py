"""One way of finding items each: `Route(snapshot).retrieve(query, k) -> list[Hit]`."""
