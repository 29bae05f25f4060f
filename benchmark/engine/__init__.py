"""The engine: runs the graph of stages in a good order, wherever there is room."""
