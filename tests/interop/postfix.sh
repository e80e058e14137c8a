#!/bin/bash
# postfix.sh start|reload|stop|log|queue DIR - Postfix (Debian package) as a real SMTP peer, all its state under DIR.
#   LISTEN=127.0.0.1:2025    where it accepts mail
#   MYHOST=mx.example.org    its name      DOMAIN=example.org    local; every address exists; may be several
#   CERT= KEY=               PEM files: offers STARTTLS when given
#   DELIVER=maildir          under DIR/mail, or a transport such as discard:
#   NETWORKS=127.0.0.0/8     whose mail it relays
#   EXTRA='name = value'     more lines for main.cf
# Needs root, since Postfix's master does. Every address is delivered to one maildir, DIR/mail/all/new.
set -euo pipefail
cmd=${1:?start|reload|stop|log|queue}
DIR=$(mkdir -p "${2:?dir}" && cd "$2" && pwd)
PATH=$PATH:/usr/sbin:/sbin
LISTEN=${LISTEN:-127.0.0.1:2025} MYHOST=${MYHOST:-mx.example.org} DOMAIN=${DOMAIN:-example.org} DELIVER=${DELIVER:-maildir}
case $cmd in
stop | reload) exec postfix -c "$DIR/etc" "$cmd" ;;
log) exec cat "$DIR/maillog" ;;
queue) exec postqueue -c "$DIR/etc" -p ;;
start) ;;
*) echo "usage: postfix.sh start|reload|stop|log|queue DIR" >&2; exit 2 ;;
esac
mkdir -p "$DIR"/{etc,spool,data,mail}
chown postfix "$DIR/data" "$DIR/mail"
chmod go+x "$DIR" "$DIR/.." # temporary folders are closed to the user postfix
cp -r /etc/postfix/{postfix-files,dynamicmaps.cf,postfix-files.d,dynamicmaps.cf.d} "$DIR/etc/" 2>/dev/null || true
cat >"$DIR/etc/main.cf" <<MAIN
compatibility_level = 3.6
queue_directory = $DIR/spool
data_directory = $DIR/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
shlib_directory = /usr/lib/postfix
meta_directory = $DIR/etc
mail_owner = postfix
setgid_group = postdrop
myhostname = $MYHOST
mydestination =
inet_interfaces = ${LISTEN%:*}
inet_protocols = ipv4
mynetworks = ${NETWORKS:-127.0.0.0/8}
virtual_mailbox_domains = $DOMAIN
virtual_mailbox_maps = static:all/
virtual_mailbox_base = $DIR/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:$(id -u postfix)
virtual_gid_maps = static:$(id -g postfix)
$([[ $DELIVER = maildir ]] || echo "virtual_transport = $DELIVER")
maillog_file = $DIR/maillog
maillog_file_prefixes = $DIR
$([[ ! ${CERT:-} ]] || printf 'smtpd_tls_chain_files = %s, %s\nsmtpd_tls_security_level = may\nsmtpd_tls_received_header = yes\nsmtpd_tls_loglevel = 1' "$KEY" "$CERT")
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
smtputf8_enable = yes
message_size_limit = 102400000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
alias_maps =
alias_database =
${EXTRA:-}
MAIN
# No chroot, and the listener on the chosen address instead of the service `smtp`.
sed -E "s/^smtp +inet .*\$/$LISTEN inet n - n - 100 smtpd/; s/^(\S+\s+(unix|fifo|unix-dgram)\s+\S+\s+\S+\s+)[y-](\s)/\1n\3/" \
  /usr/share/postfix/master.cf.dist >"$DIR/etc/master.cf"
postfix -c "$DIR/etc" start 2>&1 | { grep -v 'starting the Postfix' || true; }
