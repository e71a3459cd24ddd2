"""The embedded store: ladybug, in process, one file, one writing process. Default for laptops and small estates."""
