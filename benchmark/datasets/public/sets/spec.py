"""Entries of the registry of data sets that others publish."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from benchmark.datasets.public.owned import set_name
from weakpair.specs import Frozen

Checksum = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})$")]
Url = Annotated[str, Field(pattern=r"^https?://\S+$")]


class RawFile(Frozen):
    """A file as its authors publish it.

    Attributes:
        name: what it is called in the folder of raw files, and in a folder given by hand.
        url: where it lies; None where no address is open to everyone.
        by_hand: how a person gets a file that has no address.
        bytes: its size, where it is known.
        checksum: "sha256:…" or "md5:…"; None: pinned at first fetch.
        checksum_from: who says so.
        format: what it holds.
        optional: taken where it is there, not asked for.
    """

    kind_of_spec: ClassVar[str] = "file of a source"
    name: str = Field(pattern=r"^\w[^/\\\x00-\x1f]*$")
    url: Url | None = None
    by_hand: str = ""
    bytes: int | None = Field(default=None, ge=1)
    checksum: Checksum | None = None
    checksum_from: str = ""
    format: str
    optional: bool = False

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.url is None and not self.by_hand:
            raise ValueError(f"{self.name}: give a url, or say by_hand how it is had")
        if self.checksum is not None and not self.checksum_from:
            raise ValueError(f"{self.name}: say in checksum_from who gives the checksum")
        return self


class Source(Frozen):
    """A data set that is fetched and prepared.

    Attributes:
        name: how it is called on the command line.
        folder: the folder of the data folder that it is prepared into; None: its name.
        about: one line; it becomes the summary in `bench list datasets`.
        page: where people read about the data.
        licence: the terms, and whose word that is.
        citation: the publication to cite.
        files: what is fetched.
        steps: what the preparation does, in order.
        numbers: cells, features and groups that come out.
        notes: what a user should know before using the set.
        prepare: "module:function" with the signature `(raw, out, spec) -> Report`.
        parameters: values of the preparation's spec that differ from its defaults.
        digest: SHA-256 of the prepared set's content at these parameters, where it is known.
    """

    kind_of_spec: ClassVar[str] = "source"
    name: str = Field(pattern=r"^[a-z0-9_][a-z0-9_-]*$")
    folder: str | None = None
    about: str
    page: Url
    licence: str
    citation: str
    files: tuple[RawFile, ...] = Field(min_length=1)
    steps: tuple[str, ...] = Field(min_length=1)
    numbers: str
    notes: tuple[str, ...] = ()
    prepare: str = Field(pattern=r"^[\w.]+:\w+$")
    parameters: dict[str, Any] = Field(default_factory=dict)
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="after")
    def _named(self) -> Self:
        set_name(self.data_set, "a data set's folder")
        return self

    @property
    def data_set(self) -> str:
        """Name of the prepared set."""
        return self.folder or self.name

    @property
    def bytes(self) -> int | None:
        """Size of all files, None where one is not known."""
        sizes = [file.bytes for file in self.files if not file.optional]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None
