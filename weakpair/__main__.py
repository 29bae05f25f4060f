"""The entry point of `bench`: the one place whose import name is nobody else's."""

from weakpair.imports import claim

claim()  # also in workers, which import this file first


def main() -> None:
    """Run `bench`, from our own packages."""
    from benchmark.cli import main as bench

    bench()


if __name__ == "__main__":
    main()
