# The page for others, as a user without rights:
#   docker build -t yomite . && docker run --rm -p 7860:7860 --read-only --tmpfs /tmp yomite
# With the stroke orders and the ink of KanjiVG: add -v DIR:/data:ro, where DIR holds strokes/kanjivg.zip.
FROM python:3.12-slim

WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir ".[demo]" && rm -rf /build \
    && useradd --system --no-create-home --shell /usr/sbin/nologin reader && mkdir /data

USER reader
WORKDIR /tmp
# Nothing but /tmp needs to be written: compiled ink, and what the libraries take for their configuration.
ENV HOME=/tmp NUMBA_CACHE_DIR=/tmp/numba GRADIO_TEMP_DIR=/tmp/gradio MPLCONFIGDIR=/tmp YOMITE_DATA=/data
EXPOSE 7860
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/', timeout=5)"]
CMD ["yomite", "demo", "--host", "0.0.0.0", "--port", "7860", "--no-browser"]
