"""The Neo4j backend: the ledger projected into a Neo4j 5.26 or later, through the official driver."""
