"""Words that the harness and the tables spell alike: tasks, splits, columns, metrics."""
