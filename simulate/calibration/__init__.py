"""Distributions and rates learned from event logs: fitted, judged, and tried on a past that the fit has not seen."""
