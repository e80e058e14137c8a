"""Verifies the signatures of a report with dkimpy and keys from a name server: FILE PORT

Prints a line for each signature: `pass` or `fail`, its domain, selector, algorithm, and the signed fields.
"""
import email.utils, logging, re, sys, time
import dkim, dns.resolver

path, port = sys.argv[1:3]
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = ["127.0.0.1"], int(port)


def txt(name, timeout=5):
    name = name.decode() if isinstance(name, bytes) else name
    return b"".join(resolver.resolve(name, "TXT")[0].strings)


with open(path, "rb") as file:
    message = file.read()
# The clock of the lab may be ahead: it is as late as the message says.
date = email.utils.parsedate_to_datetime(re.search(rb"(?m)^Date: (.*)$", message).group(1).decode())
time.time = lambda: date.timestamp() + 60
verifier = dkim.DKIM(message, logger=logging.getLogger(), tlsrpt=True)
signatures = [value for name, value in verifier.headers if name.lower() == b"dkim-signature"]
for index, value in enumerate(signatures):
    verified = verifier.verify(idx=index, dnsfunc=txt)
    tags = dkim.util.parse_tag_value(value)
    fields = re.sub(rb"\s", b"", tags[b"h"]).decode().lower()
    print("pass" if verified else "fail", *(tags[tag].decode() for tag in (b"d", b"s", b"a")), fields)
