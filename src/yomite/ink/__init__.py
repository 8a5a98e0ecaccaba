"""Ink: strokes and pixels, without torch.

`strokes` holds the words (stroke, glyph), `kanjivg` reads stroke files, a `hand` writes a glyph as one
person would, a `pen` draws it on paper, and `canvas` turns any picture into the square that every model sees.
"""
