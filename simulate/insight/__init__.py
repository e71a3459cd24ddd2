"""What runs teach: who causes downtime, what is a single point of failure, whether objectives of recovery are kept."""
