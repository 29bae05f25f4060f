"""A static folder of runs for any web server: pages, results, tables, and a card of each.

publish(["runs/demo", "runs/simulation"], store, Path("site"))
"""

from benchmark.publishing.site import publish

__all__ = ["publish"]
