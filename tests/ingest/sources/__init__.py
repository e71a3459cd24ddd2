"""Each source on small hand-written exports, with exact sets of nodes and relations."""
