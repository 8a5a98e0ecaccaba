"""Costs counted by hand."""

from yomite.models import build
from yomite.models.cost import count_macs, count_parameters


def test_costs_are_by_hand() -> None:
    model = build("residual", 7, 16, widths=[4, 6], depths=[1, 1], embedding=5)
    # stem 8x8; block of 4 at 8x8 twice; block to 6 at 4x4 with its shortcut; embedding; classes
    macs = 64 * 4 * 9 + 2 * 64 * 4 * 36 + 16 * 6 * 36 + 16 * 6 * 54 + 16 * 6 * 4 + 5 * 12 + 7 * 5
    pools = model.place_weight.shape[0]  # type: ignore[union-attr,index]
    assert pools == 2
    assert count_macs(model) == macs
    kernels = 4 * 9 + 2 * 4 * 36 + 6 * 36 + 6 * 54 + 6 * 4
    norms = 2 * (4 + 2 * 4 + 3 * 6 + 5)
    head = pools * 6 * 16 + 5 * 12 + 7 * 5 + 7
    assert count_parameters(model) == kernels + norms + head
    assert not any(module._forward_hooks for module in model.modules())
