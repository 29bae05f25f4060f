"""One combination applied to all cells of a data set: latents, partners, imputed profiles.

    match = match_dataset(datasets.load("my_screen.h5mu"), Methods("lda", "labeled-eot"))
    match.partners(modality=1, top=5)
    match.impute(modality=1).mean

`matching` makes a match, `match` is what it knows, `writing` puts it into files, `recommended`
takes the combination from a run.
"""

from benchmark.applying.match import Imputed, Match, Side
from benchmark.applying.matching import Methods, match_dataset

__all__ = ["Imputed", "Match", "Methods", "Side", "match_dataset"]
