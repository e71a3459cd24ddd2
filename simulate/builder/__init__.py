"""From a graph and a scenario to a model: pure functions, the same inputs give the same model."""
