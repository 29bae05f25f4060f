"""The papers' claims, put to the test on results of our own."""

from tables.papers.claims.build import CLAIMS, claims
from tables.papers.claims.model import Claim, Decision, Finding

__all__ = ["CLAIMS", "Claim", "Decision", "Finding", "claims"]
