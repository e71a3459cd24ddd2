"""What happens to the elements of the twin, told to those who listen, as the graph takes it in."""
