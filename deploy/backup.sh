#!/bin/sh
# Takes a backup of $SECURECONNECT_DATA into a new directory in $BACKUPS and looks through it. Only then, and so never
# the last good one, those older than $KEEP_DAYS days go.
set -eu
secureconnect="${PROGRAM:-/opt/secureconnect/node_modules/.bin/node /opt/secureconnect/packages/cli/bin/secureconnect.js}"
to="$BACKUPS/$(date --utc +%Y-%m-%dT%H%M%SZ)"
$secureconnect backup "$to"
$secureconnect verify "$to"
find "$BACKUPS" -mindepth 1 -maxdepth 1 -mtime "+$KEEP_DAYS" -exec rm -r {} +
