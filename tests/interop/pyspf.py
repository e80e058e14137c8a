# Evaluates SPF with pyspf over zones given as text instead of DNS. Standard input: a JSON object a line with `zone`
# (name to a list of [type, data]), `ip`, `sender`, `helo`. Standard output: `[result, explanation]` a line.
import json
import socket
import sys

import spf

zone = {}


def lookup(name, qtype, *_args, **_kwargs):
    records = zone.get(name.lower().rstrip("."), [])
    if any(kind == "TIMEOUT" for kind, _ in records):
        raise spf.TempError("timeout")
    for kind, data in records:
        if kind not in (qtype, "CNAME"):
            continue
        if kind == "TXT":
            value = (data.encode(),)
        elif kind == "MX":
            preference, host = data.split()
            value = (int(preference), host)
        elif kind == "AAAA":
            value = socket.inet_pton(socket.AF_INET6, data)
        else:
            value = data
        yield (name, kind), value


spf.DNSLookup = lookup
for line in sys.stdin:
    case = json.loads(line)
    zone = case["zone"]
    query = spf.query(i=case["ip"], s=case["sender"], h=case["helo"], receiver="mx.example.net", strict=True)
    query.set_default_explanation("DEFAULT")
    result, _code, text = query.check()
    print(json.dumps([result, text]), flush=True)
