"""Material of pages and figures: what is gathered from the store beside a run's own tables."""
