#!/bin/bash
# A signed root and a signed example.org. Writes into a folder, and starts nothing:
#
#   dns.sh DIR            DIR/records is what example.org holds, as lines of a zone file
#
#   DIR/nsd.conf          name server of both zones, on 127.0.0.53 port 53
#   DIR/unbound.conf      resolver that validates, on 127.0.0.1 port 53, and forgets at once
#   DIR/root.key          the trust anchor
#
# Needs ldnsutils (to sign), nsd and unbound to read the result.
set -euo pipefail
cd "$1"
dir=$PWD
mkdir -p keys
head_of() { # zone
  printf '$TTL 1\n%s. IN SOA ns.example.org. root.example.org. 7 3600 600 86400 1\n%s. IN NS ns.example.org.\n' "${1#.}" "${1#.}"
}
sign() { # zone file
  local base
  base=$(cd keys && ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 -k "$1")
  ldns-signzone -o "$1" -f "$2.signed" "$2" "keys/$base"
  mv "keys/$base.key" "$2.key"
  mv "keys/$base.ds" "$2.ds"
}
{ head_of example.org; echo "ns.example.org. A 127.0.0.53"; cat records; } >example.org
sign example.org example.org
{ head_of .; echo "example.org. NS ns.example.org."; echo "ns.example.org. A 127.0.0.53"; cat example.org.ds; } >root
sign . root
cat >nsd.conf <<CONF
server:
  ip-address: 127.0.0.53
  username: ""
  chroot: ""
  zonesdir: "$dir"
  zonelistfile: "$dir/nsd.zonelist"
  database: ""
  logfile: "$dir/nsd.log"
  pidfile: "$dir/nsd.pid"
  xfrdfile: "$dir/nsd.xfrd"
  xfrdir: "$dir"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.signed"
zone:
  name: "example.org"
  zonefile: "example.org.signed"
CONF
cat >unbound.conf <<CONF
server:
  interface: 127.0.0.1
  username: ""
  chroot: ""
  directory: "$dir"
  pidfile: "$dir/unbound.pid"
  logfile: "$dir/unbound.log"
  use-syslog: no
  num-threads: 1
  do-ip6: no
  do-not-query-localhost: no
  trust-anchor-file: "$dir/root.key"
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  val-log-level: 2
remote-control:
  control-enable: no
stub-zone:
  name: "."
  stub-addr: 127.0.0.53
stub-zone:
  name: "example.org"
  stub-addr: 127.0.0.53
CONF
