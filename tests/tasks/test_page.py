import numpy as np
import torch

from yomite.charset import build_charset
from yomite.models.finder import LineFinder, measure_losses
from yomite.streams.batch import Batch
from yomite.tasks.page import PageTask, match_bands


def test_bands_are_matched_by_half_of_their_union() -> None:
    wanted = np.zeros((12, 20), bool)
    wanted[2:4, 2:12] = wanted[8:10, 2:12] = True
    assert match_bands(wanted, wanted) == (2, 2, 2)
    short = wanted.copy()
    short[8:10, 6:12] = False  # 4 of 10 columns
    assert match_bands(short, wanted) == (1, 2, 2)
    merged = wanted.copy()
    merged[4:8, 5] = True
    assert match_bands(merged, wanted) == (0, 1, 2)
    assert match_bands(np.zeros_like(wanted), wanted) == (0, 0, 2)


def test_maps_as_they_should_be_cost_next_to_nothing_and_others_more() -> None:
    core = torch.zeros(1, 16, 16)
    core[:, 4:8, 2:14] = 1.0
    down, sizes = torch.zeros_like(core), 3.0 * core
    maps = torch.zeros(1, 3, 16, 16)
    maps[:, 0], maps[:, 1], maps[:, 2] = 40.0 * core - 20.0, -20.0, 3.0
    right, overlap = measure_losses(maps, core, down, sizes)
    assert right.item() < 0.01 and overlap.item() > 0.99
    for channel, change in ((0, -40.0), (1, 40.0), (2, 1.0)):
        wrong = maps.clone()
        wrong[:, channel] += change * core
        assert measure_losses(wrong, core, down, sizes)[0].item() > right.item() + 0.2, channel


def test_a_page_without_lines_has_a_finite_loss() -> None:
    nothing = torch.zeros(1, 8, 8)
    losses, _ = measure_losses(torch.zeros(1, 3, 8, 8), nothing, nothing, nothing)
    assert torch.isfinite(losses).all()


def test_scores_count_what_a_model_finds() -> None:
    class Knows(LineFinder):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            core = torch.nn.functional.avg_pool2d(images.float() / 255.0, 4)[:, 0]
            maps = torch.zeros(len(images), 3, *core.shape[1:])
            maps[:, 0], maps[:, 1] = 20.0 * core - 10.0, 1.0
            return maps

    task = PageTask(build_charset("line"))
    images = torch.zeros(2, 1, 64, 64, dtype=torch.uint8)
    images[0, 0, 8:16, 8:56] = images[0, 0, 32:40, 8:56] = 255
    targets = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
    targets[0, 0, 2:4, 2:14] = targets[0, 0, 8:10, 2:14] = 255
    targets[0, 2] = (targets[0, 0] > 0) * 96
    targets[0, 1, 2:4] = 1  # the first line runs down, the second does not
    batch = Batch(images, targets)
    scores = task.divide(task.count(Knows(10, 64), batch))
    assert (scores["f1"], scores["direction"]) == (1.0, 0.5)
    assert task.decode(Knows(10, 64), batch) == ["2", "0"]


def test_a_finder_gives_maps_of_a_quarter_of_the_sides() -> None:
    finder = LineFinder(10, 64).eval()
    with torch.no_grad():
        assert finder(torch.zeros(2, 1, 64, 96, dtype=torch.uint8)).shape == (2, 3, 16, 24)
