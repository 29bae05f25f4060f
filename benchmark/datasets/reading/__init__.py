"""Reading: from what a loader finds in files to two checked modalities."""
