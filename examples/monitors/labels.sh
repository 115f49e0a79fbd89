#!/bin/sh
# The last step of a label job: labels known up to this instant are in the source now. Run: labels.sh 2001-05-01T03:00:00Z
# The labels themselves are not sent. The instant is the event's id too, so that a job that runs twice tells it once.
set -eu
curl --silent --show-error --fail-with-body --max-time 30 --retry 5 --retry-connrefused \
  --header @- --header 'Content-Type: application/json' \
  --data "{\"eventId\": \"labels-through-$1\", \"through\": \"$1\"}" "$PERENNIAL_URL/v1/models/flights/labels" <<END
Authorization: Bearer $PERENNIAL_TOKEN
END
