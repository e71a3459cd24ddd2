"""Which investments a budget is best spent on: choices as data, a statistical selection, and values from fresh replications."""
