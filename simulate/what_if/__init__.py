"""What a change would do: runs of two scenarios that share their chance, compared pair by pair."""
