"""Texts of handwritten lines: sentences cut as lines break, and what people jot down."""
