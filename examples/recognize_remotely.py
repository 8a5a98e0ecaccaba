"""Read a character with a page that runs elsewhere, over the network.

yomite demo --port 7860 &
python examples/recognize_remotely.py http://127.0.0.1:7860/
"""

import base64
import sys
from pathlib import Path

from gradio_client import Client

PICTURE = Path(__file__).with_name("ei.png")
# 川, as in recognize_strokes.py.
STROKES = [
    [(25, 15), (26, 38), (23, 61), (17, 76), (10, 89)],
    [(51, 17), (51, 48), (52, 80)],
    [(78, 11), (78, 50), (79, 94)],
]


def main(url: str) -> None:
    """Ask the page at a URL to read strokes and a picture."""
    client = Client(url, verbose=False)
    result = client.predict(STROKES, "text", 3, api_name="/recognize_strokes")
    print(result["text"], "candidates:", [(c["text"], c["probability"]) for c in result["candidates"]])

    pictures = [base64.b64encode(PICTURE.read_bytes()).decode()]
    for result in client.predict(pictures, api_name="/recognize_pictures"):
        print(result["text"], "sure:", result["confidence"])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860/")
