"""Questions in French and English: understood, checked, run with the rights of whoever asks, and answered from rows only."""
