"""What runs tell, with how sure one may be: intervals, batch means, warm-up, paired differences, coverage. Never a lone mean."""
