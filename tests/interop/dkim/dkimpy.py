"""Signs or verifies many messages with dkimpy, in one process: verify DIR | sign DIR RSA ED | seal DIR RSA | time DIR

In DIR: `keys`, one name and one key record a line, and the messages `NNNN.eml`. Their number chooses canonicalisation
and key as in dkim.rs. Prints `NNNN.eml RESULT`, or writes `NNNN.out` with the signature before the message.
"""
import base64, logging, os, sys, time
import dkim

mode, folder = sys.argv[1], sys.argv[2]
logging.disable(logging.CRITICAL)
keys = dict(line.rstrip("\n").split(" ", 1) for line in open(os.path.join(folder, "keys")))


def txt(name, timeout=5):
    name = name.decode() if isinstance(name, bytes) else name
    record = keys.get(name.rstrip("."))
    return record.encode() if record else None


def read(name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def crlf(message):
    return message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


ways = [(h, b) for h in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")]
names = sorted(name for name in os.listdir(folder) if name.endswith(".eml"))
if mode == "sign":
    with open(sys.argv[3], "rb") as file:
        rsa = file.read()
    pem = "".join(line for line in open(sys.argv[4]) if "-----" not in line)
    ed = base64.b64encode(base64.b64decode(pem)[-32:])
if mode == "seal":
    with open(sys.argv[3], "rb") as file:
        rsa = file.read()

for name in names:
    number = int(name.split(".")[0])
    try:
        if mode == "verify":
            result = "pass" if dkim.verify(read(name), dnsfunc=txt) else "fail"
        elif mode == "time":
            message, best, count = read(name), None, int(sys.argv[3])
            for _ in range(3):
                begun = time.perf_counter()
                for _ in range(count):
                    assert dkim.verify(message, dnsfunc=txt)
                took = (time.perf_counter() - begun) / count
                best = min(took, best or took)
            result = f"{best:.9f}"
        elif mode == "sign":
            message, is_ed = crlf(read(name)), number // 4 % 2 == 1
            field = dkim.sign(message, b"ed" if is_ed else b"rsa", b"example.org", ed if is_ed else rsa,
                              canonicalize=ways[number % 4], length=number % 16 == 3,
                              signature_algorithm=b"ed25519-sha256" if is_ed else b"rsa-sha256")
            with open(os.path.join(folder, name[:-4] + ".out"), "wb") as file:
                file.write(field + message)
            result = "signed"
        else:
            message = crlf(read(name))
            for instance in range(1 + number % 3):
                found = b"Authentication-Results: mx.example.org; arc=%s; spf=pass smtp.mailfrom=a@example.org\r\n"
                found %= b"pass" if instance else b"none"
                fields = dkim.arc_sign(found + message, b"rsa", b"example.org", rsa, b"mx.example.org")
                message = b"".join(fields) + message
            with open(os.path.join(folder, name[:-4] + ".out"), "wb") as file:
                file.write(message)
            result = "sealed"
    except Exception as error:  # what is printed, the test judges
        result = f"error {type(error).__name__}: {error}"
    print(name, result)
