#!/usr/bin/env python3
"""startup.py MOX: how long the release build takes to start and what it holds, printed; fails far off the targets.

Targets: `--version` 10 ms, first start 400 ms, start on existing data 100 ms, 25 MB resident when idle. A busy
machine is slower, so only three times a target fails.
"""
import os, random, signal, socket, statistics, subprocess, sys, tempfile, time

mox = sys.argv[1]
TARGETS = {"--version": 10, "first start": 400, "start": 100, "idle memory": 25}


def free_base():
    while True:
        base = random.randrange(2000, 31000)
        try:
            for port in (25, 80, 81, 143, 443, 465, 587, 993):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", base + port))
            return base
        except OSError:
            continue


def version():
    begun = time.monotonic()
    subprocess.run([mox, "--version"], check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - begun) * 1000


def start(folder):
    """Milliseconds until all listeners accept, and the resident megabytes."""
    ready = folder + ".ready"
    if os.path.exists(ready):
        os.remove(ready)
    command = [mox, "localserve", "--dir", folder, "--port-base", str(free_base()), "--ready-file", ready]
    begun = time.monotonic()
    with open(folder + ".log", "ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    while not os.path.exists(ready):
        if server.poll() is not None or time.monotonic() - begun > 30:
            sys.exit("does not start:\n" + open(folder + ".log").read())
        time.sleep(0.001)
    took = (time.monotonic() - begun) * 1000
    time.sleep(0.5)
    status = open(f"/proc/{server.pid}/status").read()
    resident = int(status.split("VmRSS:")[1].split()[0]) / 1024
    server.send_signal(signal.SIGTERM)
    if server.wait(30) != 0:
        sys.exit(f"ends with {server.returncode} after SIGTERM:\n" + open(folder + ".log").read())
    return took, resident


with tempfile.TemporaryDirectory() as work:
    firsts = [start(f"{work}/{n}")[0] for n in range(3)]
    again = [start(f"{work}/0") for _ in range(5)]
found = {
    "--version": statistics.median(version() for _ in range(9)),
    "first start": statistics.median(firsts),
    "start": statistics.median(took for took, _ in again),
    "idle memory": statistics.median(resident for _, resident in again),
}
for name, value in found.items():
    print(f"{name}: {value:.1f} {'MB' if 'memory' in name else 'ms'} (target {TARGETS[name]})")
sys.exit(any(value > 3 * TARGETS[name] for name, value in found.items()))
