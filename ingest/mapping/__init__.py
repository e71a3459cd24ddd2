"""The mapping language: YAML that says which field of a record becomes which attribute. See docs/reference/mappings.md."""
