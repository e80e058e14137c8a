#!/bin/bash
# A small DNS with its own root, and what can be right and wrong about DNSSEC in it. Writes into a folder, and starts
# nothing:
#
#   zones.sh DIR PORT VALIDATING PLAIN
#
#   DIR/nsd.conf          name server of all zones, on 127.0.0.1 PORT
#   DIR/validating.conf   unbound that validates, on 127.0.0.1 VALIDATING
#   DIR/plain.conf        unbound that does not, on 127.0.0.1 PLAIN
#   DIR/root.key          the trust anchor
#
# Needs ldnsutils (to sign), nsd and unbound to read the result.
set -euo pipefail
dir=$1 port=$2 validating=$3 plain=$4
mkdir -p "$dir/zones" "$dir/keys"
dir=$(cd "$dir" && pwd)
cd "$dir/zones"

key() { # zone algorithm [-k]: base name of a new pair
  (cd "$dir/keys" && ldns-keygen -r /dev/urandom -a "$2" -b 2048 ${3:-} "$1")
}
head_of() { # zone
  local at=${1#.}
  printf '$TTL 60\n%s. IN SOA ns.test. root.test. 7 3600 600 86400 60\n%s. IN NS ns.test.\n' "$at" "$at"
}
# Records of every type have a 7 in them, which `forge` changes.
some() { # zone
  cat <<-ZONE
	$1. A 192.0.2.7
	$1. MX 7 mx.$1.
	$1. TXT "v=spf1 mx -all 7"
	$1. CAA 0 issue "ca7.example"
	mx.$1. A 192.0.2.17
	www.$1. A 192.0.2.7
	all.$1. A 192.0.2.7
	all.$1. AAAA 2001:db8::7
	all.$1. MX 7 mx.$1.
	all.$1. TXT "all 7" "and more"
	all.$1. PTR host7.$1.
	all.$1. SRV 7 7 993 mx.$1.
	all.$1. TLSA 3 1 1 7777777777777777777777777777777777777777777777777777777777777777
	all.$1. CAA 0 issue "ca7.example"
	*.wild.$1. A 192.0.2.7
	ZONE
}
# Names of all kinds, and aliases to zones of all kinds.
much() { # zone
  some "$1"
  cat <<-ZONE
	1.rev.$1. PTR host.$1.
	_25._tcp.mx.$1. TLSA 3 1 1 abababababababababababababababababababababababababababababababab
	_imaps._tcp.$1. SRV 0 1 993 mx.$1.
	nosig.$1. A 192.0.2.7
	nonsec.$1. A 192.0.2.7
	deep.b.ent.$1. A 192.0.2.7
	long.$1. TXT $(printf '"%0200d" ' {1..12})
	*.wild.$1. MX 10 mx.$1.
	*.wild.$1. TXT "any name"
	known.wild.$1. A 192.0.2.8
	*._domainkey.$1. TXT "v=DKIM1; p="
	known._domainkey.$1. TXT "v=DKIM1; p=known"
	*.alias.$1. CNAME www.$1.
	*.out.$1. CNAME www.u.test.
	own.$1. CNAME www.$1.
	chain.$1. CNAME own.$1.
	loop1.$1. CNAME loop2.$1.
	loop2.$1. CNAME loop1.$1.
	nowhere.$1. CNAME nothing.$1.
	outnowhere.$1. CNAME nothing.u.test.
	towild.$1. CNAME any.wild.n3.test.
	tree.$1. DNAME n3.test.
	ZONE
  for target in n n3 oo it u us tam exp ds u.oo s.oo; do
    echo "to-$target.$1. CNAME www.$target.test."
    echo "all-$target.$1. CNAME all.$target.test."
  done
}

# Children before their parents: zone, content, keys' algorithm, how it is signed, and what its parent says of it
table='
u.n.test      some  -               unsigned  -
s.n.test      some  ECDSAP256SHA256 nsec      ds
u.n3.test     some  -               unsigned  -
s.n3.test     some  ECDSAP256SHA256 nsec3     ds
u.oo.test     some  -               unsigned  -
s.oo.test     some  ECDSAP256SHA256 optout    ds
n.test        much  ECDSAP256SHA256 nsec      ds
n3.test       much  ECDSAP256SHA256 nsec3     ds
oo.test       much  ECDSAP256SHA256 optout    ds
it.test       much  ECDSAP256SHA256 many      ds
u.test        much  -               unsigned  -
us.test       some  ECDSAP256SHA256 nsec      -
rsa.test      some  RSASHA256       nsec      ds
rsa512.test   some  RSASHA512       nsec3     ds
p384.test     some  ECDSAP384SHA384 nsec      ds
ed.test       some  ED25519         nsec      ds
split.test    some  ECDSAP256SHA256 split     ds
exp.test      much  ECDSAP256SHA256 expired   ds
fut.test      some  ECDSAP256SHA256 future    ds
ds.test       some  ECDSAP256SHA256 nsec      wrong
ds2.test      some  ECDSAP256SHA256 nsec      both
alg.test      some  ECDSAP256SHA256 nsec      algorithm
digest.test   some  ECDSAP256SHA256 nsec      digest
stripped.test some  -               unsigned  wrong
tam.test      much  ECDSAP256SHA256 nsec      ds
tam3.test     much  ECDSAP256SHA256 nsec3     ds
apex.test     some  ECDSAP256SHA256 nsec      ds
test          -     ECDSAP256SHA256 nsec      ds
.             -     ECDSAP256SHA256 nsec      -
'
file_of() { # zone
  if [[ $1 = . ]]; then echo root; else echo "$1"; fi
}
while read -r zone content algorithm signing parent; do
  [[ $zone ]] || continue
  file=$(file_of "$zone")
  {
    head_of "$zone"
    if [[ $content != - ]]; then "$content" "$zone"; fi
    if [[ $zone = test ]]; then echo "ns.$zone. A 127.0.0.1"; fi
    if [[ -e $file.children ]]; then cat "$file.children"; fi
  } >"$file"
  base=
  if [[ $algorithm != - ]]; then base=$(key "$zone" "$algorithm" -k); fi
  sign=(ldns-signzone -o "$zone" -f "$file.signed")
  case $signing in
    unsigned) cp "$file" "$file.signed" ;;
    nsec) "${sign[@]}" "$file" "$dir/keys/$base" ;;
    nsec3) "${sign[@]}" -n -t 0 "$file" "$dir/keys/$base" ;;
    optout) "${sign[@]}" -n -p -t 1 -s 5a17 "$file" "$dir/keys/$base" ;;
    many) "${sign[@]}" -n -t 200 -s 5a17 "$file" "$dir/keys/$base" ;;
    split) "${sign[@]}" "$file" "$dir/keys/$base" "$dir/keys/$(key "$zone" "$algorithm")" ;;
    expired) "${sign[@]}" -i 20200101 -e 20200201 "$file" "$dir/keys/$base" ;;
    future) "${sign[@]}" -i "$(date -d '+5 days' +%Y%m%d)" -e "$(date -d '+9 days' +%Y%m%d)" "$file" "$dir/keys/$base" ;;
  esac
  [[ $zone != . ]] || { cp "$dir/keys/$base.key" "$dir/root.key"; continue; }
  above=${zone#*.}
  [[ $above != "$zone" ]] || above=root
  above=$above.children
  echo "$zone. NS ns.test." >>"$above"
  other="$zone. IN DS 12345"
  digest=$(printf 'ab%.0s' {1..32})
  case $parent in
    ds) cat "$dir/keys/$base.ds" >>"$above" ;;
    wrong) echo "$other 13 2 $digest" >>"$above" ;;
    both) { echo "$other 13 2 $digest"; cat "$dir/keys/$base.ds"; } >>"$above" ;;
    algorithm) echo "$other 200 2 $digest" >>"$above" ;;
    digest) cat "$dir/keys/$base.ds" | awk '{ $6 = 200; print }' >>"$above" ;;
  esac
done <<<"$table"

# Forged after it was signed: records changed, a signature and proofs taken away.
forge() { # zone owner
  awk -v owner="$2" '$1 == owner && $4 !~ /^(RRSIG|NSEC|DNSKEY)$/ {
      rdata = ""; for (i = 5; i <= NF; i++) rdata = rdata " " $i
      gsub(/7/, "8", rdata); sub(/ ns\.test\./, " ns.n.test.", rdata)
      print $1, $2, $3, $4 rdata; next }
    { print }' "$1.signed" >"$1.forged"
  mv "$1.forged" "$1.signed"
}
for zone in tam tam3; do
  for owner in all www '*.wild'; do forge "$zone.test" "$owner.$zone.test."; done
  awk -v nosig="nosig.$zone.test." -v nonsec="nonsec.$zone.test." '
    $1 == nosig && $4 == "RRSIG" && $5 == "A" { next }
    $1 == nonsec && ($4 == "NSEC" || $4 == "RRSIG" && $5 == "NSEC") { next }
    $4 == "RRSIG" && $5 == "NSEC3" { next }
    { print }' "$zone.test.signed" >forged
  mv forged "$zone.test.signed"
done
forge apex.test apex.test.

{
  cat <<-CONF
	server:
	  ip-address: 127.0.0.1@$port
	  username: ""
	  chroot: ""
	  zonesdir: "$dir/zones"
	  zonelistfile: "$dir/nsd.zonelist"
	  database: ""
	  logfile: "$dir/nsd.log"
	  pidfile: "$dir/nsd.pid"
	  xfrdfile: "$dir/nsd.xfrd"
	  xfrdir: "$dir"
	  server-count: 1
	remote-control:
	  control-enable: no
	CONF
  while read -r zone _; do
    [[ -z $zone ]] || printf 'zone:\n  name: "%s"\n  zonefile: "%s.signed"\n' "$zone" "$(file_of "$zone")"
  done <<<"$table"
} >"$dir/nsd.conf"

resolver() { # name port modules
  cat <<-CONF
	server:
	  interface: 127.0.0.1@$2
	  port: $2
	  username: ""
	  chroot: ""
	  directory: "$dir"
	  pidfile: "$dir/$1.pid"
	  logfile: "$dir/$1.log"
	  use-syslog: no
	  num-threads: 1
	  do-ip6: no
	  do-not-query-localhost: no
	  module-config: "$3"
	  trust-anchor-file: "$dir/root.key"
	  aggressive-nsec: no
	  qname-minimisation: no
	  target-fetch-policy: "0 0 0 0 0"
	  ede: yes
	  val-log-level: 2
	  local-zone: "test." nodefault
	remote-control:
	  control-enable: no
	CONF
  while read -r zone _; do
    [[ -z $zone ]] || printf 'stub-zone:\n  name: "%s"\n  stub-addr: 127.0.0.1@%s\n' "$zone" "$port"
  done <<<"$table"
}
resolver validating "$validating" "validator iterator" >"$dir/validating.conf"
resolver plain "$plain" iterator | grep -v trust-anchor-file >"$dir/plain.conf"
