"""Public data sets: fetched from their authors' addresses, checked, prepared."""
