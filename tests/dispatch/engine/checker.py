"""The independent checker, where tests of the engine look for it; benchmarks share it."""

from homeward.benchmarks.checker import Costs, complaints, curve_cost

__all__ = ["Costs", "complaints", "curve_cost"]
