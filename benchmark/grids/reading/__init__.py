"""Reading of grids and settings: YAML as plain values, bounded, and the files that hold it."""
