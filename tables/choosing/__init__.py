"""Choosing without a pair: how far surrogates can be trusted, and the short list that they give."""
