"""CISA KEV: vulnerabilities known to be exploited."""
