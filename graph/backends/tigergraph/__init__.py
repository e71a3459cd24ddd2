"""The TigerGraph dialect: bound queries as installed GSQL queries. Syntax-checked only: no server has run any of it."""
