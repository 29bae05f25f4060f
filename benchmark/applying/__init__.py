"""One combination applied to all cells of a data set: latents, partners, imputed profiles.

    match = match_dataset(datasets.load("my_screen.h5mu"), Methods("lda", "labeled-eot"))
    match.partners(modality=1, top=5)
    match.impute(modality=1).mean
    read_match(Path("matched.h5mu")).more(adata, group="drug", modality=1)

`matching` makes a match, `match` is what it knows, `writing` puts it into files, `stored` reads it
again, `recommended` takes the combination from a run.
"""

from benchmark.applying.match import Imputed, Match, Side
from benchmark.applying.matching import Methods, match_dataset
from benchmark.applying.stored import read_match

__all__ = ["Imputed", "Match", "Methods", "Side", "match_dataset", "read_match"]
