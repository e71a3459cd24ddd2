#!/bin/sh
# Write new secrets for docker-compose.yml into .env of the working directory, readable by its owner only; never over old ones.
set -eu
umask 077
random() { od -An -vtx1 -N "$1" /dev/urandom | tr -d ' \n'; }
set -C # an existing file is not written over
{
  echo "LEDGER_PASSWORD=$(random 24)"
  echo "GRAPH_PASSWORD=$(random 24)"
  echo "PERSONAL_SECRET=$(random 32)"
} >.env
echo "wrote .env: keep PERSONAL_SECRET elsewhere too, it cannot be made again" >&2
