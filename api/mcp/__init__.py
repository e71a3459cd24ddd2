"""The door for programs that speak the Model Context Protocol: tools that read, and nothing that writes."""
