"""The harness: everything that is not a method."""
