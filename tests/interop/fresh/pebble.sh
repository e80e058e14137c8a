#!/bin/bash
# pebble.sh ADDRESS DIR RESOLVER: a certificate authority for tests (Debian package pebble), in the foreground.
#
# Its directory is https://ADDRESS:14000/dir, for which DIR/listener-ca.pem is to be trusted; the certificate that it
# signs with is new at each start, at https://ADDRESS:15000/roots/0. Checks go to ports 80 and 443.
set -euo pipefail
address=$1 dir=$2 resolver=$3
mkdir -p "$dir"
cd "$dir"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=authority of the listener' \
  -addext basicConstraints=critical,CA:true -keyout listener-ca.key -out listener-ca.pem 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=pebble -CA listener-ca.pem \
  -CAkey listener-ca.key -addext "subjectAltName=IP:$address" -addext basicConstraints=critical,CA:false \
  -keyout listener.key -out listener.pem 2>/dev/null
cat >pebble.json <<JSON
{"pebble": {"listenAddress": "$address:14000", "managementListenAddress": "$address:15000",
  "certificate": "listener.pem", "privateKey": "listener.key", "httpPort": 80, "tlsPort": 443}}
JSON
exec env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=10 pebble -config pebble.json -dnsserver "$resolver"
