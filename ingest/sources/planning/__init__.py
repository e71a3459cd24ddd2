"""Changes, maintenance windows, decommissioning dates and projects, as planners keep them in tables."""
