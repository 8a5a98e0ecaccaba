"""What was read of a page, as documents that other programs open: hOCR, ALTO and searchable PDF."""
