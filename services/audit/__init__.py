"""What people and programs do with the twin, and what they were refused: append-only, each entry sealed by the one before."""
