#!/bin/bash
# exim.sh get ROOT        unpacks Debian's Exim, which cannot be installed beside Postfix, into ROOT; needs apt
# exim.sh start ROOT DIR  runs it in the machine that net.sh made, all its state under DIR
#   LISTEN=127.0.0.3 MYHOST=mx.example.org DOMAIN=example.org   every address of the domain exists
#   CERT= KEY=            PEM files; CERT may hold a chain
# Every address is delivered to one maildir, DIR/mail/all/new.
set -euo pipefail
root=$2
case $1 in
get)
  # Its own, and libraries that a machine with the other peers may lack.
  packages=(exim4-daemon-light exim4-base libgnutls-dane0 libunbound8 libevent-2.1-7 libidn12 libnsl2 libdb5.3)
  [[ ! -e $root/exim ]] || exit 0
  mkdir -p "$root"
  new=$(mktemp -d "$root/exim.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  chmod 755 "$new"
  cd "$new"
  download=(apt-get -o APT::Sandbox::User=root -qq download "${packages[@]}")
  "${download[@]}" || { apt-get -qq update && "${download[@]}"; }
  for deb in ./*.deb; do dpkg -x "$deb" root; done
  # Whole or not at all, even when two get it.
  mv -T root "$root/exim" || [[ -e $root/exim ]]
  exit
  ;;
start) ;;
*) echo "usage: exim.sh get ROOT | start ROOT DIR" >&2; exit 2 ;;
esac
mkdir -p "$3"
dir=$(cd "$3" && pwd)
mkdir -p "$dir"/{spool,log,mail}
chmod go+x "$dir" "$dir/.." # temporary folders are closed to its user
cp "$KEY" "$dir/key.pem"
cp "$CERT" "$dir/cert.pem"
chown -R Debian-exim "$dir"
# Its user must get there, too.
cp -a "$root/exim" "$dir/root"
exim=$dir/root/usr/sbin/exim4
ls -d "$dir"/root/usr/lib/*-linux-gnu* "$dir"/root/lib/*-linux-gnu* >/etc/ld.so.conf.d/exim.conf 2>/dev/null || true
ldconfig
# Given another file by -C, it would give up its rights; so its file stands where it was built to look.
mkdir -p /etc/exim4
cat >/etc/exim4/exim4.conf <<CONF
exim_path = $exim
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
keep_environment =
primary_hostname = $MYHOST
domainlist local_domains = $DOMAIN
spool_directory = $dir/spool
log_file_path = $dir/log/%slog
pid_file_path = $dir/exim.pid
local_interfaces = $LISTEN
daemon_smtp_ports = 25
acl_smtp_rcpt = acl_rcpt
log_selector = +tls_sni +tls_peerdn +tls_cipher
tls_advertise_hosts = *
tls_certificate = $dir/cert.pem
tls_privatekey = $dir/key.pem
begin acl
acl_rcpt:
  accept domains = +local_domains
  deny message = relay not permitted
begin routers
local:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = $dir/mail/all
  maildir_format
  user = Debian-exim
CONF
"$exim" -bd
