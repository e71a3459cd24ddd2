"""The catalogue: named, documented queries with typed parameters, one `.cypher` file each."""
