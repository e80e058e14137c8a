"""A client of the web API with nothing but the standard library: sends, is told, reads, moves, deletes."""

import base64
import http.server
import json
import os
import queue
import smtplib
import threading
import time
import urllib.error
import urllib.request

API = os.environ["WEBAPI"]
heard = queue.Queue()


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        heard.put((self.path, self.headers, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


target = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["HOOK_PORT"])), Hook)
threading.Thread(target=target.serve_forever, daemon=True).start()


def post(who, method, body, kind="application/json", password="a password of tests"):
    login = base64.b64encode(f"{who}@example.org:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
    request = urllib.request.Request(API + method, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read()


def call(who, method, request, **more):
    status, body = post(who, method, json.dumps(request).encode(), **more)
    return status, json.loads(body)


def done(who, method, request):
    status, body = call(who, method, request)
    assert status == 200, (method, status, body)
    return body


def hooks(count):
    return {path: (headers, body) for path, headers, body in (heard.get(timeout=30) for _ in range(count))}


assert call("a", "SuppressionList", {}, password="wrong")[0] == 401

request = json.dumps({
    "To": [{"Name": "B", "Address": "b@example.org"}],
    "Subject": "caf\u00e9",
    "Text": "hello",
    "Extra": {"order": "7"},
})
form = (
    b'--x\r\nContent-Disposition: form-data; name="request"\r\n\r\n' + request.encode() +
    b'\r\n--x\r\nContent-Disposition: form-data; name="attachedfile"; filename="a.bin"\r\n'
    b"Content-Type: application/x-test\r\n\r\n\x00\x01\r\n\xff\r\n--x--\r\n"
)
status, sent = post("a", "Send", form, kind="multipart/form-data; boundary=x")
assert status == 200, sent
sent = json.loads(sent)
submission = sent["Submissions"][0]
assert submission["Address"] == "b@example.org" and submission["FromID"], sent

told = hooks(2)
headers, outgoing = told["/out"]
assert headers["Authorization"] == "Bearer s3cret" and headers["X-Mox-Webhook-Attempt"] == "1", headers
assert outgoing["Event"] == "delivered" and outgoing["QueueMsgID"] == submission["QueueMsgID"], outgoing
assert outgoing["Extra"] == {"order": "7"} and outgoing["MessageID"] == sent["MessageID"], outgoing
headers, incoming = told["/in"]
assert incoming["Subject"] == "caf\u00e9" and incoming["Text"].strip() == "hello", incoming
assert incoming["Structure"]["Parts"][1]["Filename"] == "a.bin", incoming

state = done("a", "QueueState", {"FromID": submission["FromID"]})["Messages"][0]
assert state["State"] == "delivered" and state["Extra"] == {"order": "7"}, state

number = incoming["Meta"]["MsgID"]
assert call("a", "MessageGet", {"MsgID": number})[1]["Code"] == "messageNotFound"
got = done("b", "MessageGet", {"MsgID": number})
assert got["Message"]["From"][0]["Address"] == "a@example.org" and got["Meta"]["MailboxName"] == "Inbox", got
part = json.dumps({"MsgID": number, "PartPath": [1]}).encode()
assert post("b", "MessagePartGet", part) == (200, b"\x00\x01\r\n\xff")
done("b", "MessageFlagsAdd", {"MsgID": number, "Flags": ["\\Seen"]})
number = done("b", "MessageMove", {"MsgID": number, "DestMailboxName": "Archive"})["MsgID"]
meta = done("b", "MessageGet", {"MsgID": number})["Meta"]
assert meta["MailboxName"] == "Archive" and meta["Flags"] == ["\\Seen"], meta
done("b", "MessageDelete", {"MsgID": number})
assert call("b", "MessageGet", {"MsgID": number})[1]["Code"] == "messageNotFound"

# A notification of another server leads to its message.
notice = f"""From: MAILER-DAEMON@example.com\r
To: a+{submission["FromID"]}@example.org\r
Subject: failed\r
Message-ID: <{time.time()}@example.com>\r
Date: Fri, 27 Nov 2026 10:00:00 +0000\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=n\r
\r
--n\r
\r
It did not arrive.\r
--n\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.example.com\r
\r
Final-Recipient: rfc822; b@example.org\r
Action: failed\r
Status: 5.1.1\r
Remote-MTA: dns; mail.example.com\r
Diagnostic-Code: smtp; 550 5.1.1 nobody of that name\r
--n--\r
"""
with smtplib.SMTP("127.0.0.1", int(os.environ["MX_PORT"]), local_hostname="mail.example.com") as smtp:
    smtp.sendmail("", [f"a+{submission['FromID']}@example.org"], notice)
outgoing = hooks(1)["/out"][1]
assert outgoing["Event"] == "failed" and outgoing["DSN"] and outgoing["Suppressing"], outgoing
assert outgoing["SMTPCode"] == 550 and outgoing["SMTPEnhancedCode"] == "1.1", outgoing
assert done("a", "SuppressionPresent", {"EmailAddress": "b@example.org"})["Present"]

# What is suppressed is told, too.
done("a", "Send", {"To": [{"Address": "b@example.org"}], "Text": "again"})
outgoing = hooks(1)["/out"][1]
assert outgoing["Event"] == "suppressed", outgoing
