"""The subcommands of `bench`, a file each."""
