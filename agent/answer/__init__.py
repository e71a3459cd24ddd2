"""Answers: text in which every figure and name comes from a row, the rows, and what they rest on."""
