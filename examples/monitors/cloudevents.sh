#!/bin/sh
# A report as a CloudEvent in binary mode. Run: cloudevents.sh evidently report.json 2001-04-02 2001-04-09 EVENT_ID
# Source and id are the key: the same pair again is a repeat. Counts of rows go into ce-nreference and ce-ncurrent.
set -eu
curl --silent --show-error --fail-with-body --max-time 30 --retry 5 --retry-connrefused \
  --header @- --header 'Content-Type: application/json' --header 'ce-specversion: 1.0' \
  --header "ce-id: $5" --header 'ce-source: /monitors/nightly' --header "ce-type: io.$1.report" \
  --header "ce-windowstart: $3" --header "ce-windowend: $4" \
  --data-binary "@$2" "$PERENNIAL_URL/v1/models/flights/signals/cloudevents" <<END
Authorization: Bearer $PERENNIAL_TOKEN
END
