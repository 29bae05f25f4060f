"""Cards of published results in Croissant, which data set searches and loaders read.

JSON-LD of Croissant 1.0 (http://mlcommons.org/croissant/1.0): the files with their checksums, and
the columns of the table of scores.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

CONFORMS = "http://mlcommons.org/croissant/1.0"
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "recordSet": "cr:recordSet",
    "field": "cr:field",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "source": "cr:source",
    "fileObject": "cr:fileObject",
    "extract": "cr:extract",
    "column": "cr:column",
}
_FORMATS = {
    ".parquet": "application/x-parquet",
    ".csv": "text/csv",
    ".html": "text/html",
    ".yaml": "application/yaml",
}


def card(name: str, about: str, date: str, files: Sequence[Path], table: Path) -> dict[str, Any]:
    """The card of a run.

    Args:
        name: of the run.
        about: what was compared, a sentence.
        date: on which it was computed, year-month-day.
        files: all that is published of it, in one folder.
        table: that of the scores, one of the files.
    """
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": name,
        "description": about,
        "conformsTo": CONFORMS,
        "datePublished": date,
        "distribution": [_file(file) for file in files],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "scores",
                "name": "scores",
                "description": "A row for each data set, fold, learner, aligner and metric.",
                "field": [_field(field, table.name) for field in pq.read_schema(table)],
            }
        ],
    }


def _file(path: Path) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "encodingFormat": _FORMATS[path.suffix],
        "contentSize": f"{path.stat().st_size} B",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def _field(field: "pa.Field[Any]", file: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"scores/{field.name}",
        "name": field.name,
        "dataType": _type(field.type),
        "source": {"fileObject": {"@id": file}, "extract": {"column": field.name}},
    }


def _type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"
