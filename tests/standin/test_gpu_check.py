"""The check of a device runs wherever it is tried, and tells what is wrong."""

from pathlib import Path
from typing import Any

import pytest

import aligners
from tests.benchmarks import gpu_check
from tests.benchmarks.bench_aligners import views


@pytest.mark.slow
def test_the_cpu_agrees_with_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "check.md"
    words = ["gpu_check", "--device", "cpu", "--quick", "--out", str(out)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        gpu_check.main()
    text = out.read_text(encoding="utf-8")
    assert ended.value.code == 0, text
    for section in ("Machine", "A grid on the CPU and on the device", "Aligners", "GROOVE's fit"):
        assert f"## {section}\n" in text
    assert "All is as it should be." in text


def test_plans_that_differ_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = aligners.get
    epsilons = iter([0.01, 0.01, 0.02])

    def odd(name: str, **params: Any) -> Any:
        aligner = real(name, **params)
        align = aligner.align

        def other(*cells: Any, **options: Any) -> Any:
            aligner.set_params(epsilon=next(epsilons))
            return align(*cells, **options)

        monkeypatch.setattr(aligner, "align", other)
        return aligner

    monkeypatch.setattr(aligners, "get", odd)
    problem = views("toy", 120, 3, width=8)
    assert gpu_check.WRONG in gpu_check._plan_row(problem, "labeled-eot", "cpu")
