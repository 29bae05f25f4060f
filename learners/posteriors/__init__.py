"""Latents that are what a classifier says of the labels, modality by modality."""
