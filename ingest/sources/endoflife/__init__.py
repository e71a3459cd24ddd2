"""endoflife.date: products, release cycles and their support dates."""
