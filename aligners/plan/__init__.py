"""Transport plans: dense or block-diagonal by label, one class for both."""
