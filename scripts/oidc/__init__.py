"""A real OpenID provider without Docker, made of npm packages: for tests of signing in."""
