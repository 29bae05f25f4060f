"""Controls and oracles without a network: what needs no learning, or knows what nobody knows."""
