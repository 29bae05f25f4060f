"""The description of a metric, and the catalogue of all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from weakpair.errors import ParameterError
from weakpair.registry import Catalogue, Described
from weakpair.vocabulary.tasks import TASKS, Task

Spread = Literal["se", "sd"]


@dataclass(frozen=True)
class Heading:
    """Print settings of a metric.

    Attributes:
        label: the heading of its column.
        digits: decimals; the papers print three.
        spread: what follows ±: standard errors in GROOVE, standard deviations over seeds in IPIC.
        ranked: whether mean ranks run over it.
    """

    label: str
    digits: int = 3
    spread: Spread = "se"
    ranked: bool = True


@dataclass(frozen=True, kw_only=True)
class Metric(Described):
    """A metric, described so that neither harness nor tables import its function.

    Attributes:
        name: its name in grids, keys and results.
        target: "module:function"; the function takes the case of the task (`MatchingCase`,
            `ImputationCase` or `ProbeCase` of `benchmark.metrics`) and gives a number. It raises
            `benchmark.metrics.UndefinedScoreError` where there is none.
        summary: one line for lists.
        label: the heading of its column in print.
        task: what it judges.
        higher_is_better: its direction.
        source: where it is defined, e.g. an equation of a paper.
        needs_pairing: not defined on data without true pairs.
        needs_truth: not defined on data without true latents, which only a simulator knows.
        needs_latents: looks at the learner's latents of the test cells; not defined of a plan
            that is of none.
        quadratic: looks at all pairs of cells, so that of very many cells it is given a part.
        asked: computed where a grid names it (`metrics`), and nowhere else.
        version: raise it whenever a change of the function changes values; names and versions
            stand in the keys of scores.
        digits: see `Heading`.
        spread: see `Heading`.
        ranked: see `Heading`.
        fixed: arguments of the function that make this metric a variant of it.

    Raises:
        ParameterError: a task that nobody knows.
    """

    face: ClassVar[str] = "weakpair.vocabulary.metrics:Metric"
    label: str
    task: Task
    higher_is_better: bool
    source: str = ""
    needs_pairing: bool = False
    needs_truth: bool = False
    needs_latents: bool = False
    quadratic: bool = False
    asked: bool = False
    version: int = 1
    digits: int = 3
    spread: Spread = "se"
    ranked: bool = True
    fixed: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ParameterError(
                f"metric {self.name!r}: unknown task {self.task!r}; known: {', '.join(TASKS)}"
            )

    @property
    def heading(self) -> Heading:
        """Its print settings."""
        return Heading(self.label, self.digits, self.spread, self.ranked)

    @property
    def full_version(self) -> int | str:
        """The version; of code from outside with the digest of its source, as of methods.

        >>> from weakpair.vocabulary.metrics import METRICS
        >>> METRICS.entry("trace").full_version
        1
        """
        return f"{self.version}+{self.source_digest()[:12]}" if self.foreign else self.version


class Metrics(Catalogue[Metric]):
    """The metrics by name: ours in the papers' order, then those of other packages by name."""

    def __init__(self, group: str, ours: tuple[Metric, ...]) -> None:
        super().__init__("metric", group, Metric, ours)
        self._own = tuple(metric.name for metric in ours)

    def of(self, task: Task) -> list[Metric]:
        """All metrics of a task that need not be asked for, in the order of columns."""
        names = self.in_order(self.names())
        return [self.entry(n) for n in names if self._is_of(n, task) and not self.entry(n).asked]

    def versions(self, task: Task, chosen: Iterable[str] | None = None) -> dict[str, int | str]:
        """Names and versions of a task's metrics: what the key of a score says of them.

        Args:
            task: what they judge.
            chosen: names of metrics, also of other tasks; where none is of this task, or nothing
                is chosen, they are those of `of`.

        Raises:
            UnknownNameError: a name that nobody knows.
        """
        named = [self.entry(name) for name in self.in_order(chosen or ())]
        own = [metric for metric in named if metric.task == task] or self.of(task)
        return {metric.name: metric.full_version for metric in own}

    def heading(self, name: str) -> Heading:
        """Print settings of a metric; one that no installed package knows shows its own name.

        >>> from weakpair.vocabulary.metrics import METRICS
        >>> METRICS.heading("foscttm").label, METRICS.heading("my-metric").label
        ('Bary. FOSCTTM', 'my-metric')
        """
        if name not in self._entries:
            self._discover()
        metric = self._entries.get(name)
        return Heading(name) if metric is None else metric.heading

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Sort names as columns stand: the papers' first, the others by name.

        >>> from weakpair.vocabulary.metrics import METRICS
        >>> METRICS.in_order(["wd", "b", "mse", "a"])
        ['mse', 'wd', 'a', 'b']
        """
        place = {name: index for index, name in enumerate(self._own)}
        return sorted(set(names), key=lambda name: (place.get(name, len(place)), name))

    def _is_of(self, name: str, task: Task) -> bool:
        return self._entries[name].task == task
