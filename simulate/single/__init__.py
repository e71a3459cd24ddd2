"""Single models without a graph: queues, networks, lines, what fails and is repaired; asked by name, answered with intervals."""
