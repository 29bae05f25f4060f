"""What every learner must do, as checks that run on any registry entry."""
