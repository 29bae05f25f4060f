"""The pages that `bench report --document` writes, and what stands on them, in order."""

from tables.documents.model import Document, Section
from tables.documents.parts import Against, Claims, OverDatasets, Ranked, Surrogates, Work
from weakpair.errors import UnknownNameError

_CHOOSING = ("surrogates", "surrogates-real")
_PS = ("ps-balls-small", "ps-cite", "ps-screens")
_BOTH_KINDS = ("simulation", "simulation-disjoint", "ablation", "ablation-disjoint")

DOCUMENTS: tuple[Document, ...] = (
    Document(
        "findings",
        (
            Section("Claims, one by one", Claims(_BOTH_KINDS)),
            Section(
                "The same cells and disjoint cells, simulation",
                Ranked(("simulation", "simulation-disjoint"), top=8),
            ),
            Section(
                "Which combination in general, real sets",
                OverDatasets(("real", "real-disjoint"), task="matching"),
            ),
            Section(
                "The same cells and disjoint cells, real sets",
                Ranked(("real", "real-disjoint"), task="matching"),
            ),
        ),
        notes_runs=(
            "overlap",
            "sensitivity",
            "simulation-decoys",
            "epsilon",
            "epsilon-disjoint",
            "epsilon-real",
            "simulation-knobs",
            "aligners-simulation",
            "aligners-real",
        ),
    ),
    Document(
        "reproduction-groove",
        (
            Section("Machine and time", Work(("simulation", "ablation"))),
            Section("Ours beside the paper", Against(("simulation", "ablation"), "groove")),
            Section("All combinations, ranked", Ranked(("simulation",))),
        ),
    ),
    Document(
        "disjoint",
        (
            Section(
                "All combinations, simulations",
                Ranked(("simulation-disjoint",), task="matching", top=12),
            ),
            Section(
                "All combinations, real sets", Ranked(("real-disjoint",), task="matching", top=12)
            ),
            Section(
                "Machine and time",
                Work(("simulation-disjoint", "identifiability", "real-disjoint")),
            ),
        ),
    ),
    Document(
        "choosing",
        (
            Section("Surrogates against true pairs", Surrogates(_CHOOSING)),
            Section("Machine and time", Work(_CHOOSING)),
        ),
    ),
    Document(
        "reproduction-ipic",
        (
            Section("Our tables", Ranked(("ipic",), task="probe")),
            Section("Claims, one by one", Claims(("ipic",))),
        ),
    ),
    Document(
        "reproduction-ps",
        (
            Section("Machine and time", Work(_PS)),
            Section("Ours beside the paper", Against(_PS, "ps")),
            Section("Claims, one by one", Claims(_PS)),
            Section("Images, all combinations", Ranked(("ps-balls-small",), task="matching")),
            Section("CITE-seq, all combinations", Ranked(("ps-cite",))),
            Section("Screens, all combinations", Ranked(("ps-screens",))),
        ),
        notes_runs=(
            "ps-balls-longer",
            "ps-cite-two-sample",
            "ps-screens-label-cell",
            "ps-screens-label-mean",
            "ps-screens-mean",
        ),
    ),
)


def find_document(name: str) -> Document:
    """The document of that name.

    Raises:
        UnknownNameError: there is none.

    >>> find_document("findings").page
    'docs/findings.md'
    """
    known = {document.name: document for document in DOCUMENTS}
    if name not in known:
        raise UnknownNameError("document", name, known)
    return known[name]
