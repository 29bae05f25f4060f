"""Settings of all tests."""

from hypothesis import settings

# A busy machine is no failure: laws are tested, not times.
settings.register_profile("weakpair", deadline=None)
settings.load_profile("weakpair")
