"""Raw files of screens, in the forms that others publish them in."""
