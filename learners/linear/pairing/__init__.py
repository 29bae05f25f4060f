"""Linear learners that find out which directions of the two modalities go together."""
