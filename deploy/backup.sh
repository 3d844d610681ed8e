#!/bin/sh
# Copies $SECURECONNECT_DATA to a new directory in $BACKUPS and verifies the copy. Only then does it delete backups older
# than $KEEP_DAYS days, so that it never deletes the last good backup.
set -eu
secureconnect="${PROGRAM:-/opt/secureconnect/node_modules/.bin/node /opt/secureconnect/packages/cli/bin/secureconnect.js}"
to="$BACKUPS/$(date --utc +%Y-%m-%dT%H%M%SZ)"
$secureconnect backup "$to"
$secureconnect verify "$to"
find "$BACKUPS" -mindepth 1 -maxdepth 1 -mtime "+$KEEP_DAYS" -exec rm -r {} +
