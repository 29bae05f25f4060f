"""Reading of grids and settings: files of YAML, and KEY=VALUE of the command line."""
