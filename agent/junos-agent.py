#!/usr/bin/env python3
"""Junos event script: sends the event that triggered it to Network Assistant.

Runs on the device under Python 3.7 or later with the standard library and the device's own `junos`
module. Arguments (`-name` on older releases, `--name` on newer ones):

    url          where to send, https://HOST/webhooks/junos
    secret-file  file (mode 0600) whose content is the shared secret
    secret       the secret itself; clear text in the configuration, prefer secret-file
    timeout      seconds for everything together, 5 by default

Exits 0 when the event was accepted. Otherwise one line on stderr, which Junos logs, and 1.
"""
import hashlib
import hmac
import json
import os
import signal
import socket
import sys
import threading
import urllib.error
import urllib.request

DEFAULT_TIMEOUT_S = 5.0
MAX_TIMEOUT_S = 30.0
# The receiver refuses bodies above 64 KiB.
MAX_BODY_BYTES = 60 * 1024
MAX_MESSAGE = 4096
MAX_VALUE = 512
MAX_ATTRIBUTES = 64
ARGUMENTS = ("url", "secret", "secret-file", "timeout")


class Failed(Exception):
    """Ends the script; the message is the line on stderr and holds no secret."""


def stop(line):
    # os.write and os._exit, because this also runs beside a main thread that hangs.
    os.write(2, ("junos-agent: " + " ".join(line.split()) + "\n").encode("utf-8", "replace"))
    os._exit(1)


def read_arguments(argv):
    """The arguments we know; Junos may add others, and they are skipped."""
    found = {}
    waiting = None
    for word in argv:
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name in ARGUMENTS:
            waiting = None if equals else name
            if equals:
                found[name] = value
        elif waiting:
            found[waiting] = word
            waiting = None
    return found


def read_timeout(text):
    try:
        seconds = float(text)
    except (TypeError, ValueError):
        return DEFAULT_TIMEOUT_S
    # Also false for "nan".
    return seconds if 0 < seconds <= MAX_TIMEOUT_S else DEFAULT_TIMEOUT_S


def limit_time(seconds):
    """Ends the process after so many seconds, whatever it does then.

    A slow script holds one of the device's 15 policy slots. Looking a name up cannot be interrupted
    from Python, hence a second thread; the alarm is for a library that does not let threads run.
    """
    watchdog = threading.Timer(seconds, stop, ["no answer within %g seconds" % seconds])
    watchdog.daemon = True
    watchdog.start()
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds + 1)


def read_secret(arguments):
    path = arguments.get("secret-file")
    if path:
        try:
            with open(path, "rb") as file:
                secret = file.read().strip(b"\r\n")
        except OSError as error:
            raise Failed("cannot read the secret file: %s" % (error.strerror or "unknown reason"))
    else:
        secret = os.fsencode(arguments.get("secret", ""))
    if not secret:
        raise Failed("no secret: give --secret-file, or --secret")
    return secret


def local_name(element):
    # A comment's tag is a function in lxml.
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.rsplit("}", 1)[-1]


def child(element, name):
    if element is not None:
        for candidate in element:
            if local_name(candidate) == name:
                return candidate
    return None


def text_of(element, name):
    found = child(element, name)
    text = found.text if found is not None else None
    return text.strip() if isinstance(text, str) else ""


def read_trigger():
    """The <trigger-event> element; it is inside <event-script-input> or is the object itself."""
    try:
        from junos import Junos_Trigger_Event as given
    except Exception as error:
        raise Failed("no trigger event from Junos (%s)" % type(error).__name__)
    if given is None or not hasattr(given, "iter"):
        raise Failed("no trigger event from Junos")
    for element in given.iter():
        if local_name(element) == "trigger-event":
            return element
    return given


def read_attributes(trigger):
    attributes = {}
    found = child(trigger, "attribute-list")
    for attribute in () if found is None else found:
        name = text_of(attribute, "name")
        if name and len(attributes) < MAX_ATTRIBUTES:
            attributes[name[:MAX_VALUE]] = text_of(attribute, "value")[:MAX_VALUE]
    return attributes


def describe(trigger):
    """The webhook's body as a dict. Any part may be missing: older releases send less."""
    attributes = read_attributes(trigger)
    process = child(trigger, "process")
    pid = text_of(process, "pid")
    # Releases without a message still have the attributes it is made of.
    told = " ".join("%s=%s" % pair for pair in attributes.items())
    return {
        "event": (text_of(trigger, "id") or "UNKNOWN")[:200],
        "process": text_of(process, "name")[:MAX_VALUE],
        "message": (text_of(trigger, "message") or told)[:MAX_MESSAGE],
        "hostname": (text_of(trigger, "hostname") or socket.gethostname() or "unknown")[:253],
        "detail": "",
        "pid": int(pid) if pid.isdigit() and len(pid) < 12 else None,
        "facility": text_of(trigger, "facility")[:MAX_VALUE],
        "severity": text_of(trigger, "severity")[:MAX_VALUE],
        "attributes": attributes,
        "generation_time": text_of(trigger, "generation-time")[:MAX_VALUE],
    }


def encode(body):
    encoded = json.dumps(body).encode("ascii")
    if len(encoded) > MAX_BODY_BYTES:
        smaller = dict(body, attributes={}, message=body["message"][:1024])
        encoded = json.dumps(smaller).encode("ascii")
    return encoded


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the event to a place nobody configured."""

    def redirect_request(self, *_):
        return None


def send(url, body, signature, timeout):
    headers = {"Content-Type": "application/json", "Junos-Auth": signature}
    # An empty ProxyHandler: a proxy left in the environment must not see events.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    try:
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        opener.open(request, timeout=timeout).close()
    except urllib.error.HTTPError as error:
        raise Failed("the assistant answered %d" % error.code)
    except urllib.error.URLError as error:
        raise Failed("cannot reach the assistant: %s" % error.reason)
    except Exception as error:
        # The text of some of these quotes the address, which may hold a password.
        raise Failed("cannot reach the assistant: %s" % type(error).__name__)


def main(argv):
    arguments = read_arguments(argv)
    timeout = read_timeout(arguments.get("timeout"))
    limit_time(timeout)
    url = arguments.get("url", "")
    if not url.lower().startswith(("https://", "http://")):
        raise Failed("no address: give --url https://HOST/webhooks/junos")
    secret = read_secret(arguments)
    body = encode(describe(read_trigger()))
    send(url, body, hmac.new(secret, body, hashlib.sha256).hexdigest(), timeout)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failure:
        stop(str(failure))
    except Exception as error:
        stop("unexpected %s" % type(error).__name__)
