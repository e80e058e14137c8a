#!/bin/bash
# From nothing to a mail server, and mail both ways with what others run:
#
#   unshare --net --mount --pid --fork --kill-child fresh.sh MOX DIR trust|validate
#
# Four hosts (internet.sh): ours, on which `mox quickstart` runs in an empty folder; a peer with Postfix, whose domain
# asks for DANE and MTA-STS; a client; and a certificate authority, pebble. Our records go into the zone as
# `mox dnsrecords` prints them. With `trust` the server believes the resolver about DNSSEC, with `validate` it
# validates by itself. Ends with 0 when everything holds; says what it does, and the first thing that does not hold.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
MOX=$1 DIR=$2 MODE=$3
. "$here/internet.sh"
exec 3>&1

step() { echo "== $*" >&3; }
fail() { echo "FAILED: $*" >&3; tail -n 30 "$DIR"/{serve.log,postfix/maillog} >&3 2>/dev/null || true; exit 1; }
eventually() { # seconds what command...
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >"$DIR/last" 2>&1; do
    if ((SECONDS > until)); then
      cat "$DIR/last" >&3
      fail "$what"
    fi
    sleep 0.2
  done
}
ours() { at us "$MOX" "$@" --config "$DIR/ours/config"; }

mkdir -p "$DIR"/{zones,ours,policy/.well-known,certs}
chmod 755 "$DIR"
step "hosts and names"
hosts "$DIR"
grep -q '^mox:' /etc/passwd || {
  echo 'mox:x:64998:64998::/nonexistent:/usr/sbin/nologin' >>"$DIR/etc/passwd"
  echo 'mox:x:64998:' >>"$DIR/etc/group"
}

# The authority of the peer: its own.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=peer authority' \
  -addext basicConstraints=critical,CA:true -keyout "$DIR/certs/ca.key" -out "$DIR/certs/ca.pem" 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=mx.example.org' \
  -CA "$DIR/certs/ca.pem" -CAkey "$DIR/certs/ca.key" -addext 'subjectAltName=DNS:mx.example.org,DNS:mta-sts.example.org' \
  -addext basicConstraints=critical,CA:false -keyout "$DIR/certs/peer.key" -out "$DIR/certs/peer.pem" 2>/dev/null
cat >"$DIR/zones/$REVERSE.records" <<RECORDS
10.$REVERSE. PTR mx.example.com.
11.$REVERSE. PTR mx.example.org.
12.$REVERSE. PTR client.example.org.
RECORDS
cat >"$DIR/zones/example.org.records" <<RECORDS
example.org. MX 10 mx.example.org.
example.org. TXT "v=spf1 mx -all"
mx.example.org. TXT "v=spf1 a -all"
_dmarc.example.org. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.org"
_smtp._tls.example.org. TXT "v=TLSRPTv1; rua=mailto:tlsrpt@example.org"
_mta-sts.example.org. TXT "v=STSv1; id=1"
mta-sts.example.org. A ${HOSTS[peer]}
mx.example.org. A ${HOSTS[peer]}
client.example.org. A ${HOSTS[client]}
RECORDS
"$MOX" dane makerecord --host mx.example.org 3 1 1 "$DIR/certs/peer.pem" >>"$DIR/zones/example.org.records"
# What exists before: the name of the machine.
echo "mx.example.com. A ${HOSTS[us]}" >"$DIR/zones/example.com.records"
publish "$DIR"

step "the peer and the authority"
at peer env LISTEN="${HOSTS[peer]}:25" MYHOST=mx.example.org DOMAIN=example.org CERT="$DIR/certs/peer.pem" \
  KEY="$DIR/certs/peer.key" EXTRA="smtp_dns_support_level = dnssec
smtp_tls_security_level = dane
smtp_tls_loglevel = 1
smtp_bind_address = ${HOSTS[peer]}
smtp_host_lookup = dns" NETWORKS="127.0.0.0/8 ${HOSTS[peer]}/32" bash "$here/../postfix.sh" start "$DIR/postfix" 2>"$DIR/postfix.err"
printf 'version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 86400\r\n' >"$DIR/policy/.well-known/mta-sts.txt"
at peer python3 "$here/policyhost.py" "${HOSTS[peer]}" "$DIR/policy" "$DIR/certs/peer.pem" "$DIR/certs/peer.key" 2>"$DIR/policy.log" &
at ca bash "$here/pebble.sh" "${HOSTS[ca]}" "$DIR/pebble" $RESOLVER:53 >"$DIR/pebble.log" 2>&1 &
root() { at ca curl -sf --cacert "$DIR/pebble/listener-ca.pem" -o "$DIR/certs/pebble.pem" "https://${HOSTS[ca]}:15000/roots/0"; }
eventually 20 "the certificate authority does not start" root
cat "$DIR/certs/ca.pem" "$DIR/pebble/listener-ca.pem" "$DIR/certs/pebble.pem" >"$DIR/certs/all.pem"
chmod 644 "$DIR"/certs/*.pem

step "quickstart in an empty folder"
names=()
[[ $MODE = trust ]] || names=(--resolver "$RESOLVER:53" --trust-anchor "$DIR/root.key")
at us "$MOX" quickstart bob@example.com --dir "$DIR/ours" --hostname mx.example.com --ip "${HOSTS[us]}" --skip-dial --yes \
  --acme-directory "https://${HOSTS[ca]}:14000/dir" --user mox --ca-file "$DIR/certs/all.pem" --allow-egress 198.18.0.0/15 \
  --json "${names[@]}" >"$DIR/quickstart.json" 2>"$DIR/quickstart.err" ||
  { cat "$DIR/quickstart.err" >&3; cat "$DIR/quickstart.json" >&3; fail "quickstart ends with $?"; }
password=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["passwords"]["account"])' "$DIR/quickstart.json")
# What only this internet needs: its addresses are not public ones. TLS reports also for days when nothing failed, so
# that there is one.
printf 'OutgoingTLSReportsForAllSuccess: true\nAllowEgress:\n\t- 198.18.0.0/15\n' >>"$DIR/ours/config/mox.conf"
ours config test || fail "the configuration that quickstart wrote"

step "its records in the zone"
ours dnsrecords example.com >"$DIR/zones/example.com.records"
publish "$DIR"

step "serve, on the real ports, as its own user"
ours serve --ready-file "$DIR/ours/data/ready" "${names[@]}" >"$DIR/serve.log" 2>&1 &
eventually 20 "the server is not ready" test -e "$DIR/ours/data/ready"
pid=$(ours status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["pid"])')
[[ $(awk '/^Uid/ {print $2 $3 $4 $5}' "/proc/$pid/status") = 64998649986499864998 ]] || fail "the server is not the user mox: $(grep ^Uid /proc/$pid/status)"

step "certificates from the authority"
certified() { ours certificates list --json | python3 -c '
import json, sys
rows = {row["name"]: row for row in json.load(sys.stdin)}
sys.exit(0 if all(rows.get(name, {}).get("not_after") for name in ("mx.example.com", "mta-sts.example.com")) else 1)'; }
eventually 30 "no certificates" certified

step "dnscheck is green"
green() { ours dnscheck example.com "${names[@]}"; }
eventually 15 "dnscheck is not green" green

step "mail from a user to the peer, with DANE and MTA-STS"
at client swaks --server "${HOSTS[us]}:465" --tls-on-connect --from bob@example.com --to joe@example.org \
  --auth PLAIN -au bob@example.com -ap "$password" --header 'Subject: there' --helo client.example.org >"$DIR/swaks.out" 2>&1 ||
  { cat "$DIR/swaks.out" >&3; fail "submission"; }
arrived() { grep -rlq "$1" "$DIR/postfix/mail"; }
eventually 20 "the mail did not arrive at the peer" arrived 'Subject: there'
verified() { ours queue retired list --json | grep -q 'verified by DANE and PKIX'; }
eventually 5 "its host was not verified" verified
ours mtasts list --json | grep -q '"enforce"' || fail "the policy of the peer is not in force: $(ours mtasts list)"
grep -rq 'dkim=\|DKIM-Signature' "$DIR/postfix/mail" || fail "it is not signed"

step "mail from the peer, with DANE"
send() { at peer swaks --server "${HOSTS[peer]}:25" --from joe@example.org --to bob@example.com --header "Subject: $1" --helo mx.example.org >"$DIR/swaks.out" 2>&1; }
got() { ours message list --json | grep -q "\"$1\""; }
send back || { cat "$DIR/swaks.out" >&3; fail "the peer does not take it"; }
# An unknown sender waits for 15 seconds.
eventually 40 "mail from the peer did not arrive" got back
grep -q 'Verified TLS connection established to mx.example.com' "$DIR/postfix/maillog" || fail "the peer did not verify by DANE"

step "mail from the peer, with MTA-STS"
cat >"$DIR/sts.yml" <<CONF
host: 127.0.0.1
port: 8461
reuse_port: true
shutdown_timeout: 5
cache:
  type: internal
  options: {cache_size: 100}
default_zone:
  strict_testing: false
  timeout: 4
CONF
at peer env SSL_CERT_FILE="$DIR/certs/all.pem" mta-sts-daemon -c "$DIR/sts.yml" >"$DIR/sts.log" 2>&1 &
listening() { at peer bash -c 'exec 9<>/dev/tcp/127.0.0.1/8461'; }
eventually 10 "the MTA-STS resolver of the peer does not start" listening
at peer postconf -c "$DIR/postfix/etc" -e smtp_tls_policy_maps=socketmap:inet:127.0.0.1:8461:postfix "smtp_tls_CAfile=$DIR/certs/all.pem"
at peer bash "$here/../postfix.sh" reload "$DIR/postfix" 2>/dev/null
: >"$DIR/postfix/maillog"
send again || fail "the peer does not take it"
eventually 40 "mail under MTA-STS did not arrive" got again
at peer env SSL_CERT_FILE="$DIR/certs/all.pem" mta-sts-query example.com | grep -q enforce || fail "the policy that we serve: $(at peer env SSL_CERT_FILE="$DIR/certs/all.pem" mta-sts-query example.com)"
grep -q 'Verified TLS connection established to mx.example.com' "$DIR/postfix/maillog" || fail "the peer did not verify by MTA-STS"

step "a report about TLS"
ours tlsrpt send-now --day today example.org >"$DIR/report.out" || { cat "$DIR/report.out" >&3; fail "tlsrpt send-now"; }
reported() { grep -rq 'TLS-Report-Domain: example.org' "$DIR/postfix/mail" && ours tlsrpt history --json | grep -q '"delivered"'; }
eventually 20 "no report arrived at the peer" reported

step "the end, in order"
ours stop >/dev/null
gone() { ! kill -0 "$pid"; }
eventually 20 "the server does not end" gone
ours verifydata || fail "the data"
echo "all of it holds" >&3
