"""The rooms of the grammar, from the state of a reading up to its end: each builds on the one below."""
