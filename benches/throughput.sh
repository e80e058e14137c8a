#!/bin/bash
# throughput.sh - messages a second that localserve accepts and delivers, beside what the disk and Postfix can do.
#   MOX=target/release/mox   the binary; a debug build tells nothing
#   DIR=.                    where the data goes: measure the disk that matters, not a tmpfs
#   N=2000 SESSIONS="1 10 50" SIZES="4096 102400"    messages of a 4 KB case (100 KB: N/4), connections, bytes
#   HELD=0                   first fill the mailbox with so many messages
# Needs python3 and Debian's postfix (smtp-source; as root also the server to compare with); strace for the syncs.
# Bodies do not compress. Figures of one run compare with each other, not with those of another day.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
postfix=$here/../tests/interop/postfix.sh
PATH=$PATH:/usr/sbin:/sbin
MOX=$(realpath "${MOX:-$here/../target/release/mox}")
DIR=$(realpath "${DIR:-.}") N=${N:-2000} SESSIONS=${SESSIONS:-1 10 50} SIZES=${SIZES:-4096 102400} HELD=${HELD:-0}
for program in python3 smtp-source; do
  command -v "$program" >/dev/null || { echo "throughput.sh: $program is not installed" >&2; exit 1; }
done
[[ -x $MOX ]] || { echo "throughput.sh: no $MOX; cargo build --release" >&2; exit 1; }
work=$(mktemp -d "$DIR/throughput.XXXXXX")
server=
finish() {
  [[ ! $server ]] || kill "$server" 2>/dev/null || true
  [[ ! -d $work/postfix/etc ]] || "$postfix" stop "$work/postfix" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

now() { date +%s.%N; }
calc() { python3 -c "print($1)"; }

disk() { # appends of 4 KB, each with fdatasync, by one thread, a second
  python3 - "$work/append" <<'P'
import os, sys, time
fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
block, n, start = os.urandom(4096), 0, time.monotonic()
while time.monotonic() - start < 2:
    os.write(fd, block); os.fdatasync(fd); n += 1
print(round(n / (time.monotonic() - start)))
P
}

body() { # a message of $1 bytes that no compressor makes much smaller
  python3 - "$1" <<'P'
import base64, os, sys
head = "From: <load@client.example>\nTo: <box@example.org>\nSubject: load\n\n"
text = base64.b85encode(os.urandom(int(sys.argv[1]))).decode()
lines = head + "\n".join(text[i:i + 75] for i in range(0, len(text), 75))
print(lines[:int(sys.argv[1]) - 1])
P
}

send() { # sessions messages size address: seconds it took
  local start
  start=$(now)
  smtp-source -d -s "$1" -m "$2" -F "$work/body.$3" -M client.example -f load@client.example -t box@example.org "$4" >&2
  calc "round($(now) - $start, 3)"
}

mailbox() { find "$work/postfix/mail/all/new" -type f 2>/dev/null | wc -l || true; }
ticks=$(getconf CLK_TCK)
cpu_ms() { # CPU time of the server so far
  awk -v ticks="$ticks" '{ sub(/.*\) /, ""); print ($12 + $13) * 1000 / ticks }' "/proc/$server/stat"
}
held() { "$MOX" --config "$work/mox" status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["messages"])'; }
base=$(python3 - <<'P'
import random, socket
while True:
    base = random.randrange(2000, 31000)
    try:
        for port in (25, 80, 81, 143, 443, 465, 587, 993):
            with socket.socket() as s: s.bind(("127.0.0.1", base + port))
    except OSError: continue
    print(base); break
P
)

for size in $SIZES; do body "$size" >"$work/body.$size"; done
echo "disk: $(disk) append+fdatasync/s by one thread; $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"

if [[ $(id -u) = 0 ]] && command -v postfix >/dev/null; then
  address=127.0.0.1:$((base + 1))
  LISTEN=$address "$postfix" start "$work/postfix"
  python3 -c "
import socket, time
for _ in range(200):
    try: socket.create_connection(('127.0.0.1', $((base + 1)))).recv(1); break
    except OSError: time.sleep(0.05)"
  for size in $SIZES; do for sessions in $SESSIONS; do
    n=$N; ((size <= 20000)) || n=$((N / 4))
    before=$(mailbox)
    start=$(now)
    seconds=$(send "$sessions" "$n" "$size" "$address")
    for ((i = 0; i < 1200; i++)); do
      (($(mailbox) - before < n)) || break
      sleep 0.1
    done
    printf 'postfix: %6d bytes x%-2d  accepted %s/s, delivered %s/s\n' "$size" "$sessions" \
      "$(calc "round($n / $seconds)")" "$(calc "round($n / ($(now) - $start))")"
  done; done
  "$postfix" stop "$work/postfix" 2>/dev/null || true
else
  echo "postfix: SKIPPED, not installed or not root"
fi

"$MOX" localserve --dir "$work/mox" --port-base "$base" --ready-file "$work/ready" >"$work/log" 2>&1 &
server=$!
for ((i = 0; i < 400; i++)); do [[ ! -e $work/ready ]] || break; sleep 0.05; done
[[ -e $work/ready ]] || { echo "throughput.sh: localserve does not start" >&2; cat "$work/log" >&2; exit 1; }
mx=127.0.0.1:$((base + 25))
sizes=($SIZES)
((HELD == 0)) || echo "mox: filled with $HELD messages in $(send 50 "$HELD" "${sizes[0]}" "$mx") s"
for size in $SIZES; do for sessions in $SESSIONS; do
  n=$N; ((size <= 20000)) || n=$((N / 4))
  before=$(held) cpu=$(cpu_ms)
  seconds=$(send "$sessions" "$n" "$size" "$mx")
  cpu=$(calc "round(($(cpu_ms) - $cpu) / $n, 2)")
  got=$(($(held) - before))
  [[ $got = "$n" ]] || { echo "mox: $n accepted, $got there" >&2; exit 1; }
  printf 'mox:     %6d bytes x%-2d  accepted and delivered %s/s, CPU %s ms a message\n' "$size" "$sessions" \
    "$(calc "round($n / $seconds)")" "$cpu"
done; done

if command -v strace >/dev/null; then # a run of its own: tracing costs time
  for sessions in $SESSIONS; do
    strace -f -q -c -S calls -e trace=fsync,fdatasync -p "$server" -o "$work/strace" &
    tracer=$!
    sleep 1
    n=$((N / 4))
    send "$sessions" "$n" "${sizes[0]}" "$mx" >/dev/null
    kill -INT "$tracer"
    wait "$tracer" || true
    calls=$(awk '$NF == "fsync" || $NF == "fdatasync" { n += $4 } END { print n + 0 }' "$work/strace")
    printf 'mox:     %6d bytes x%-2d  %s syncs a message\n' "${sizes[0]}" "$sessions" "$(calc "round($calls / $n, 3)")"
  done
else
  echo "mox: syncs a message SKIPPED, strace is not installed"
fi
awk '/VmRSS|VmHWM/ { printf "mox: %s %d MB\n", $1, $2 / 1024 }' "/proc/$server/status"
