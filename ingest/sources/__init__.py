"""One folder per system: extract (files to records) and normalise (the system's habits undone)."""
