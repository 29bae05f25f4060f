"""Escaping: a name is text in every format, whatever a person put into it."""

import re

from weakpair.visible import visible

_MARKDOWN = re.compile(r"([\\`*_\[\]|~$#]|(?<=:)/|(?<=www)\.)")
# In T1 fonts a repeated hyphen or comma becomes a dash or a quotation mark.
_LIGATURE = re.compile(r"([-,])(?=\1)")

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    # In braces, since \\ and \toprule would take a star or a bracket as their own argument.
    "*": "{*}",
    "[": "{[}",
    "]": "{]}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "→": r"$\to$",
    "′": "$'$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "†": r"$^\dagger$",
    "‡": r"$^\ddagger$",
}
# Cytokines and genes are full of Greek; these are in every LaTeX, in text or not.
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu",
    "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta",
    "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi",
    "Ω": "Omega",
}  # fmt: skip
_LATEX_TABLE = str.maketrans(_LATEX | {letter: rf"$\{name}$" for letter, name in _GREEK.items()})


def plain(text: str) -> str:
    r"""One line in which control characters are spelt out: they move cursors and break parsers.

    >>> plain("a\tb\n\x1b[31mc")
    'a b \\x1b[31mc'
    """
    return visible(" ".join(text.split()))


def markdown(text: str) -> str:
    r"""Escape for GitHub's Markdown, in a table's cell as well as in a paragraph.

    >>> markdown("a|b <i>*c*")
    'a\\|b &lt;i&gt;\\*c\\*'
    """
    escaped = _MARKDOWN.sub(r"\\\1", plain(text).replace("&", "&amp;"))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def latex(text: str) -> str:
    r"""Escape for LaTeX's text mode; other scripts than Latin and Greek need XeLaTeX or tectonic.

    >>> latex("50% of TNF_α")
    '50\\% of TNF\\_$\\alpha$'
    """
    return _LIGATURE.sub(r"\1{}", plain(text).translate(_LATEX_TABLE))
