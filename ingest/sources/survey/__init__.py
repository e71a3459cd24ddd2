"""What application owners answered when they were asked about their applications."""
