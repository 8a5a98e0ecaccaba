"""Your model: images -> maps over places. The base class adds the head, and what export needs."""

from torch import Tensor, nn

from yomite.models.character import CharacterModel


class SmallNet(CharacterModel):
    """Three convolutions; each argument can be set under model.arguments in config.yaml."""

    def __init__(self, num_classes: int, input_size: int, width: int = 32, embedding: int = 64) -> None:
        super().__init__(num_classes, input_size)
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
        )
        side = input_size // 8
        self.add_head(2 * width, side, embedding=embedding, pools=2, dropout=0.1, head="linear")
        self.initialize_head()

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S), 0 where paper is -> maps (N, 2 * width, S / 8, S / 8)."""
        return self.layers(ink)
