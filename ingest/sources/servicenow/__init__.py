"""ServiceNow incidents, from an event log with one row per update."""
