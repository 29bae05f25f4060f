"""Images of two balls."""
