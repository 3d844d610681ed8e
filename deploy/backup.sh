#!/bin/sh
# Backs up $SECURECONNECT_DATA into a new directory in $BACKUPS and verifies the copy. Deletes backups older than
# $KEEP_DAYS days only after that, so the last good backup always stays.
set -eu
secureconnect="${PROGRAM:-/opt/secureconnect/node_modules/.bin/node /opt/secureconnect/packages/cli/bin/secureconnect.js}"
to="$BACKUPS/$(date --utc +%Y-%m-%dT%H%M%SZ)"
$secureconnect backup "$to"
$secureconnect verify "$to"
find "$BACKUPS" -mindepth 1 -maxdepth 1 -mtime "+$KEEP_DAYS" -exec rm -r {} +
