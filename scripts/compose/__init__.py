"""The program of the Compose specification that checks `docker-compose.yml` without an engine, built at a pinned version."""

from __future__ import annotations

from typing import Final

from scripts.go_program import GoProgram

COMPOSE: Final = GoProgram("compose", "github.com/compose-spec/compose-go/v2/cmd", "v2.16.2")
"""What `docker compose` itself reads its files with. It prints the model, or what has another form than the specification's.

It takes no variables of the environment, and says nothing of networks or volumes that are used and not declared.
"""
