"""Evaluation of the agent: question sets with gold queries, the comparison of answers, and what is counted."""
