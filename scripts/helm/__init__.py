"""The `helm` that renders and lints the chart, built from its source at a pinned version."""
