"""What the twin tells of itself to those who run it: metrics and traces, never what was asked about."""
