"""One module per kind of stage: its code's `VERSION` and `run(context) -> Output`."""
