"""Backup and restore of a twin: what cannot be made again, as one file (docs/adr/0018-backups.md)."""
