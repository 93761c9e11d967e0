#!/bin/sh
exec /usr/lib/trustcast-service/node /usr/lib/trustcast-service/main.js "$@"
