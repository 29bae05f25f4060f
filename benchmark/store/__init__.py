"""The store: content-addressed artefacts, what they look like inside, and its upkeep."""
