"""Common ground of the harness: errors, registries and label coding.

Everything here is free of domain code; `learners`, `aligners`, `simulate`, `tables` and
`benchmark` may all import it, and it imports none of them.
"""

__version__ = "0.1.0"
