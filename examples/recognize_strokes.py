"""Read a character from its strokes, as a touch screen would hand them over.

python examples/recognize_strokes.py
"""

import yomite

# 川: three strokes, each a list of (x, y) points in any unit; x to the right, y down.
strokes = [
    [(25, 15), (26, 38), (23, 61), (17, 76), (10, 89)],
    [(51, 17), (51, 48), (52, 80)],
    [(78, 11), (78, 50), (79, 94)],
]

reader = yomite.load()
result = reader.recognize(strokes)
print(result, [(candidate.text, round(candidate.probability, 3)) for candidate in result.candidates[:3]])
