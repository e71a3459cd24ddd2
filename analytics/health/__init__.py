"""How healthy what the twin holds is, in the terms of CMDB Health: completeness, correctness, compliance."""
