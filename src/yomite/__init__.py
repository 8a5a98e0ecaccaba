"""yomite reads handwritten Japanese."""
