#!/bin/bash
# A small internet of hosts with addresses of their own, for a script that runs within
# `unshare --net --mount --pid --fork --kill-child`. To be sourced.
#
# Hosts are network namespaces on one switch: us 198.18.0.10, peer 198.18.0.11, client 198.18.0.12, ca 198.18.0.20. The
# switch is the host of the name servers (nsd on 198.18.1.1) and of a resolver that validates (unbound on 198.18.0.253).
# The root, com, org, arpa, example.com, example.org and the reverse zone are signed. Addresses are of the range for
# benchmarks (RFC 2544), and nothing leads out.
#
#   hosts DIR            makes the hosts, and an /etc of their own in which resolv.conf names the resolver
#   at HOST COMMAND...   runs a command as a host
#   publish DIR          signs what is in DIR/zones/*.records, and (re)starts the name servers; DIR/root.key is the anchor
PATH=$PATH:/usr/sbin:/sbin
RESOLVER=198.18.0.253
NAMES=198.18.1.1
REVERSE=0.18.198.in-addr.arpa
declare -A HOSTS=([us]=198.18.0.10 [peer]=198.18.0.11 [client]=198.18.0.12 [ca]=198.18.0.20)

hosts() { # DIR
  local dir=$1 host
  mount --make-rprivate /
  mount -t proc proc /proc
  mkdir -p /run/netns "$dir/etc"
  mount -t tmpfs tmpfs /run/netns
  cp -a /etc/. "$dir/etc/"
  rm -f "$dir/etc/resolv.conf" "$dir/etc/hosts"
  printf 'nameserver %s\noptions edns0 trust-ad\n' $RESOLVER >"$dir/etc/resolv.conf"
  printf '127.0.0.1 localhost\n' >"$dir/etc/hosts"
  mount --bind "$dir/etc" /etc
  ip link set lo up
  ip link add switch type bridge
  ip link set switch up
  ip address add $RESOLVER/16 dev switch
  ip address add $NAMES/16 dev switch
  for host in "${!HOSTS[@]}"; do
    ip netns add "$host"
    ip -n "$host" link set lo up
    ip link add "to-$host" type veth peer name eth0 netns "$host"
    ip link set "to-$host" master switch up
    ip -n "$host" address add "${HOSTS[$host]}/16" dev eth0
    ip -n "$host" link set eth0 up
  done
}

at() { # HOST COMMAND...
  local host=$1
  shift
  ip netns exec "$host" "$@"
}

head_of() { # zone without its dot, empty for the root
  printf '$TTL 5\n%s. IN SOA ns.example.net. root.example.net. %s 3600 600 86400 5\n%s. NS ns.example.net.\n' "$1" "$(date +%s)" "$1"
}

sign() { # file zone: FILE.signed, and its DS records in FILE.ds
  local file=$1 zone=$2 base
  [[ -s $file.key ]] || (cd "$(dirname "$file")" && ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 -k "$zone" >"$file.key")
  base=$(dirname "$file")/$(cat "$file.key")
  ldns-signzone -b -o "$zone" -f "$file.signed" "$file" "$base" >/dev/null
  ldns-key2ds -n -2 "$base.key" >"$file.ds"
}

publish() { # DIR
  local dir=$1 zone parent name
  mkdir -p "$dir/signed"
  # Leaves first, so that each zone's DS is there for the one above.
  for zone in example.com example.org $REVERSE com org net arpa root; do
    local file=$dir/signed/$zone
    name=${zone#root}
    {
      head_of "$name"
      case $zone in
      com | org) printf 'example.%s. NS ns.example.net.\n' "$zone"; cat "$dir/signed/example.$zone.ds" ;;
      net) printf 'ns.example.net. A %s\n' $NAMES ;;
      arpa) printf '%s. NS ns.example.net.\n' $REVERSE; cat "$dir/signed/$REVERSE.ds" ;;
      root) for parent in com org net arpa; do printf '%s. NS ns.example.net.\n' $parent; cat "$dir/signed/$parent.ds"; done
        printf 'ns.example.net. A %s\n' $NAMES ;;
      *) cat "$dir/zones/$zone.records" ;;
      esac
    } >"$file"
    sign "$file" "${name:-.}"
  done
  cp "$dir/signed/$(cat "$dir/signed/root.key").key" "$dir/root.key"
  printf '. 3600000 NS ns.example.net.\nns.example.net. 3600000 A %s\n' $NAMES >"$dir/root.hints"
  servers "$dir"
}

servers() { # DIR
  local dir=$1 server zone
  {
    printf 'server:\n  ip-address: %s\n  username: ""\n  chroot: ""\n  zonesdir: "%s"\n' $NAMES "$dir/signed"
    printf '  zonelistfile: "%s/nsd.zonelist"\n  database: ""\n  logfile: "%s/nsd.log"\n  pidfile: "%s/nsd.pid"\n' "$dir" "$dir" "$dir"
    printf '  xfrdfile: "%s/nsd.xfrd"\n  xfrdir: "%s"\n  server-count: 1\nremote-control:\n  control-enable: no\n' "$dir" "$dir"
    for zone in example.com example.org $REVERSE com org net arpa; do
      printf 'zone:\n  name: "%s"\n  zonefile: "%s.signed"\n' "$zone" "$zone"
    done
    printf 'zone:\n  name: "."\n  zonefile: "root.signed"\n'
  } >"$dir/nsd.conf"
  cat >"$dir/unbound.conf" <<CONF
server:
  interface: $RESOLVER
  username: ""
  chroot: ""
  directory: "$dir"
  pidfile: "$dir/unbound.pid"
  logfile: "$dir/unbound.log"
  use-syslog: no
  num-threads: 1
  do-ip6: no
  access-control: 198.18.0.0/15 allow
  root-hints: "$dir/root.hints"
  trust-anchor-file: "$dir/root.key"
  cache-max-ttl: 1
  cache-max-negative-ttl: 1
  qname-minimisation: no
  unblock-lan-zones: yes
remote-control:
  control-enable: no
CONF
  for server in nsd unbound; do
    if [[ -s $dir/$server.pid ]]; then
      kill "$(cat "$dir/$server.pid")" 2>/dev/null || true
      while kill -0 "$(cat "$dir/$server.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.05; done
      rm -f "$dir/$server.pid"
    fi
    # Processes of the one before may still have the socket.
    local tries=0
    until "$server" -c "$dir/$server.conf" 2>"$dir/$server.err"; do
      ((++tries < 100)) || { cat "$dir/$server.err" >&2; return 1; }
      sleep 0.1
    done
  done
}
