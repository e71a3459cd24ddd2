"""Production lines: stages as data, two engines on one model, what they say, and where the bottleneck is."""
