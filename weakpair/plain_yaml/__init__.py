"""YAML as plain values, bounded: numbers, texts, lists and mappings, and nothing else."""
