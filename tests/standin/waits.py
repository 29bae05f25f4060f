"""Counts of the waits of the host for a device: `python -m tests.standin.waits` prints them.

Counted on the stand-in, on a toy: 24 cells of three labels in either modality. Waits of a fit are
those of two epochs with two steps each; those of an aligner are per iteration that it reports.
"""

from tests.standin.check_methods import ALIGNERS, NEURAL, WAITING, plan, waits
from tests.standin.device import fetched, standin


def main() -> None:
    """Print a row for every method that computes on the device."""
    print("| learner | waits of a fit | more with twice the steps | |")
    print("|---|---:|---:|---|")
    for learner in NEURAL:
        few, many = waits(learner, 12), waits(learner, 6)
        print(f"| `{learner.name}` | {few} | {many - few} | {WAITING.get(learner.name, '')} |")
    print("\n| aligner | iterations | waits | an iteration |\n|---|---:|---:|---:|")
    for entry in ALIGNERS:
        with standin() as transfers:
            found = plan(entry, "standin")
        count, steps = fetched(transfers), found.status.iterations
        if count:
            print(f"| `{entry.name}` | {steps} | {count} | {count / max(1, steps):.1f} |")


if __name__ == "__main__":
    main()
