#!/bin/sh
# Any report that lies in a file. Run: curl.sh evidently report.json 2001-04-02 2001-04-09
set -eu
type=application/json; [ "$1" != nannyml ] || type=text/csv
# --retry: a 503 or a gateway that is being restarted is tried again, and a repeat is known as one. The token comes from
# standard input, since every user of the machine can read a command line.
curl --silent --show-error --fail-with-body --max-time 30 --retry 5 --retry-connrefused \
  --header @- --header "Content-Type: $type" --data-binary "@$2" \
  "$PERENNIAL_URL/v1/models/flights/signals/$1?source=nightly-job&start=$3&end=$4" <<END
Authorization: Bearer $PERENNIAL_TOKEN
END
