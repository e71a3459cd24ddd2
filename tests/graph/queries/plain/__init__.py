"""The catalogue answered from the CSV files alone, in plain Python: nothing here imports anything of the twin."""
