"""The graph of stages: nodes with keys, and the promises that every kind of stage keeps."""
