"""Single models simulated event by event, one file per family, compiled; what each replication counted, batch by batch.

Every loop takes the seed of its replication, its length and a number of batches, and gives one row of sums per batch of
equal length: ratios of sums are the metrics, rows at the beginning are the warm-up. Whoever waits is followed through; no
formula of a closed form is used, so that the two can be held against each other.
"""
