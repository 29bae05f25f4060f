"""Attacks: what they do to a run is counted, and must be nothing or one clear line."""
