"""A second device for tests where no accelerator is at hand."""
