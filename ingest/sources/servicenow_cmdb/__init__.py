"""The CMDB of ServiceNow, and its incidents, problems and changes: from the Table API, or as payloads of its IRE."""
