"""The openCypher Technology Compatibility Kit, run against the front end and the executor in open mode."""
