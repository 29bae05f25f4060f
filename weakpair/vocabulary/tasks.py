"""Tasks: what the methods of a grid are judged by."""

from typing import Literal, get_args

Task = Literal["matching", "imputation", "surrogate", "probe"]
TASKS: tuple[Task, ...] = get_args(Task)
"""All tasks: plans against true pairs, predicted features, plans without a single true pair, and
what latents say by themselves."""

PLAN_TASKS: tuple[Task, ...] = ("matching", "imputation")
"""Tasks that need an aligner; a grid without `tasks` has these."""
