"""CVE records with CVSS, CPE and SSVC, one row each."""
