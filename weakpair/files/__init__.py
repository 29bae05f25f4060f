"""Files: whole or not at all, and Parquet by its path."""
