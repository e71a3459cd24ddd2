"""A real Neo4j server without Docker, made of Maven artifacts: for tests and for `make neo4j`."""
