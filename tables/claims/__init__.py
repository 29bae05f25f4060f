"""The papers' claims, put to the test on results of our own."""

from tables.claims.build import CLAIMS, claims
from tables.claims.model import Claim, Decision, Finding

__all__ = ["CLAIMS", "Claim", "Decision", "Finding", "claims"]
