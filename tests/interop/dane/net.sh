#!/bin/bash
# The machine of a test: run by `unshare --net --mount --pid --fork --kill-child`, it has loopback, where every port of
# 127.0.0.0/8 is free, and an /etc of its own, in which resolv.conf asks a resolver on 127.0.0.1 and believes it about
# DNSSEC. Ends when its input does, and all that runs in it with it.
#
#   net.sh DIR    DIR/etc becomes /etc; DIR/ready is made when all is there
set -euo pipefail
dir=$1
PATH=$PATH:/usr/sbin:/sbin
ip link set lo up
# Linux answers on all of 127.0.0.0/8; Postfix wants to see its address.
ip address add 127.0.0.2/8 dev lo
mkdir -p "$dir/etc"
cp -a /etc/. "$dir/etc/"
rm -f "$dir/etc/resolv.conf" "$dir/etc/hosts"
printf 'nameserver 127.0.0.1\noptions edns0 trust-ad\n' >"$dir/etc/resolv.conf"
printf '127.0.0.1 localhost\n' >"$dir/etc/hosts"
# The user that Debian's Exim is built for.
grep -q '^Debian-exim:' "$dir/etc/passwd" || {
  echo 'Debian-exim:x:64999:64999::/nonexistent:/usr/sbin/nologin' >>"$dir/etc/passwd"
  echo 'Debian-exim:x:64999:' >>"$dir/etc/group"
}
mount --bind "$dir/etc" /etc
touch "$dir/ready"
exec cat
