"""What the endpoints of lines answer: plain JSON in, plain JSON out, no Gradio."""

from yomite.apps.demo.inputs import check_subject
from yomite.apps.demo.readings import check_top, describe_candidates, to_data_uri
from yomite.reading.characters import Recognizer
from yomite.reading.line_map import COLORS


class LineEndpoints:
    """What one reader answers about lines.

    Attributes:
        reader: Reads.
    """

    reader: Recognizer

    def recognize_line(
        self,
        strokes: list | None = None,
        picture: str | None = None,
        direction: str = "auto",
        top: int = 8,
    ) -> dict:
        """Read one line of writing, from its strokes or a picture.

        Args:
            strokes: As for recognize_strokes; or
            picture: One file as base64 text.
            direction: "horizontal", "vertical", or "auto" to go by the shape.
            top: How many candidates to return for each character, 1 to 50.

        Returns:
            text, confidence (of a character), exact_confidence (of the whole line), direction, is_rejected,
            and for each of the `characters` its text, confidence, candidates and `box`: left, top, right,
            bottom, in the unit of the strokes, or in px of the picture (upright as its EXIF says).
        """
        subject, top = check_subject(strokes, picture), check_top(top)
        line = self.reader.read_line(subject, direction=direction, top=top)  # type: ignore[arg-type]
        plain = line.to_dict()
        for character, found in zip(plain["characters"], line.characters, strict=True):
            character["box"] = [round(side, 4) for side in found.box]  # strokes may have a small unit
            describe_candidates(character["candidates"], self.reader.lookalike_groups)
        return plain

    def explain_line(
        self, strokes: list | None = None, picture: str | None = None, direction: str = "auto"
    ) -> dict:
        """Show from which columns of a line each character was read.

        Args:
            strokes: As for recognize_strokes; or
            picture: One file as base64 text.
            direction: As for recognize_line.

        Returns:
            `picture`, a PNG in a data: URI: the line as the model saw it, with the columns of each character
            in its color; and `characters`, each with its `text` and `color`.
        """
        subject = check_subject(strokes, picture)
        found = self.reader.explain_line(subject, direction=direction)  # type: ignore[arg-type]
        colors = ["#" + bytes(color).hex() for color in COLORS.astype(int).tolist()]
        return {
            "picture": to_data_uri(found.draw()),
            "characters": [
                {"text": text, "color": colors[index % len(colors)]} for index, text in enumerate(found.text)
            ],
        }
