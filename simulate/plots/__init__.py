"""Pictures of what runs say, SVG or PNG; matplotlib without a window."""
