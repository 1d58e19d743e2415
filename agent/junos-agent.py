#!/usr/bin/env python3
"""Junos event script: sends the event that triggered it to Network Assistant.

Runs on the device under Python 3.7 or later with the standard library and the device's own `junos`
module. One file, because Junos copies, checks and runs one. Arguments (`-name` on older releases,
`--name` on newer ones):

    url          where to send, https://HOST/webhooks/junos
    secret-file  file (mode 0600) whose content is the shared secret
    secret       the secret itself; clear text in the configuration, prefer secret-file
    ca-file      PEM file of the authorities to trust instead of the device's
    timeout      seconds for everything together, 5 by default
    spool        file for events that could not be sent yet

The event is written to the spool before anything can fail, then what is in the spool is sent, oldest
first, and taken out when it was accepted. Exits 0 when this event was accepted. Otherwise one line on
stderr, which Junos logs, and 1.
"""
import base64
import contextlib
import errno
import fcntl
import hashlib
import hmac
import http.client
import json
import os
import random
import signal
import socket
import stat
import sys
import threading
import time
import urllib.parse

DEFAULT_TIMEOUT_S = 5.0
MAX_TIMEOUT_S = 30.0
# What is kept of the time for the last lines of work, before the watchdog ends the process.
MARGIN_S = 0.3
# With less than this left a request is not begun.
LEAST_REQUEST_S = 0.2
DETAIL_S = 1.5
LOCK_WAIT_S = 2.0
# Longer waits hold a policy slot for nothing: the event is in the spool, and whoever sends takes it along.
TURN_WAIT_S = 2.0

DEFAULT_SPOOL = "/var/tmp/junos-agent.spool"
MAX_SPOOL_BYTES = 1024 * 1024
# A full spool is brought down to this, so that an outage does not rewrite it for every event.
LOW_SPOOL_BYTES = MAX_SPOOL_BYTES * 15 // 16

# The receiver refuses bodies above 64 KiB.
MAX_BODY_BYTES = 60 * 1024
MAX_MESSAGE = 4096
MAX_VALUE = 512
MAX_ATTRIBUTES = 64
BUSIEST = 4
# An event with one of these answers would get it again every time.
NEVER_ACCEPTED = (400, 413)
# Numbers above are not whole in JSON.
MAX_SEQUENCE = 2 ** 53
ARGUMENTS = ("url", "secret", "secret-file", "ca-file", "timeout", "spool")


class Failed(Exception):
    """Why the event was not sent; the message is a line for stderr and holds no secret."""


class NoSpool(Exception):
    """Why the spool cannot be used."""


def why(error):
    """An error without its arguments: those quote addresses and paths, which may hold a password."""
    if isinstance(error, socket.timeout):
        return "timed out"
    return getattr(error, "verify_message", None) or getattr(error, "strerror", None) or type(error).__name__


def end(code, line=""):
    # os.write and os._exit, because this also runs beside a main thread that hangs.
    if line:
        os.write(2, ("junos-agent: " + " ".join(line.split()) + "\n").encode("utf-8", "replace"))
    os._exit(code)


class Limit:
    """The time everything together may take."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def left(self):
        """Seconds to work with."""
        return self.end - time.monotonic() - min(MARGIN_S, self.seconds / 4)

    def enforce(self, explain):
        """Ends the process when the time is over, whatever it does then.

        A slow script holds one of the device's 15 policy slots. Looking a name up cannot be interrupted
        from Python, hence a second thread; the alarm is for a library that does not let threads run.
        """
        line = "no answer within %g seconds" % self.seconds
        watchdog = threading.Timer(self.seconds, lambda: end(1, explain(line)))
        watchdog.daemon = True
        watchdog.start()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, self.seconds + 0.5)


# ---- arguments


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


def read_secret(arguments):
    path = arguments.get("secret-file")
    if path:
        try:
            with open(path, "rb") as file:
                secret = file.read().strip(b"\r\n")
        except (OSError, ValueError) as error:
            raise Failed("cannot read the secret file: %s" % why(error))
    else:
        secret = os.fsencode(arguments.get("secret", ""))
    if not secret:
        raise Failed("no secret: give --secret-file, or --secret")
    return secret


# ---- the event


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
    encoded = json.dumps(body)
    if len(encoded) > MAX_BODY_BYTES:
        encoded = json.dumps(dict(body, attributes={}, message=body["message"][:1024]))
    return encoded


# ---- the busiest processes, for events about the CPU


def wants_detail(event):
    return event["event"].upper().startswith("RTPERF_CPU")


def as_percent(text):
    try:
        percent = float(text.rstrip("%"))
    except ValueError:
        return None
    return percent if 0 <= percent < 1e6 else None


def read_processes(output):
    """The busiest processes of what top or ps printed, by the names of its columns."""
    found = []
    columns = None
    for line in output.splitlines():
        words = line.split()
        names = [word.upper() for word in words]
        if "PID" in names:
            cpu = [names.index(name) for name in ("WCPU", "%CPU", "CPU", "PCPU") if name in names]
            command = [names.index(name) for name in ("COMMAND", "CMD") if name in names]
            user = [names.index(name) for name in ("USERNAME", "USER") if name in names]
            if cpu and command and user:
                columns = names.index("PID"), user[0], cpu[0], command[0]
            continue
        if columns is None:
            continue
        pid, user, cpu, command = columns
        # A column before may be empty: the one with the percent sign tells by how much the others moved.
        marked = [at for at, word in enumerate(words) if word.endswith("%") and as_percent(word) is not None]
        moved = marked[0] - cpu if marked else 0
        if len(words) <= max(pid, user, cpu + moved, command + moved) or not words[pid].isdigit():
            continue
        percent = as_percent(words[cpu + moved])
        name = " ".join(words[command + moved:])
        # Neither we nor the one who counts, nor the kernel's thread that is busy when nobody is.
        is_real = words[pid] != str(os.getpid()) and name != "ps" and not name.strip("[").startswith("idle")
        if percent is not None and is_real:
            found.append({"pid": words[pid], "user": words[user], "cpu": percent, "command": name[:100]})
    return sorted(found, key=lambda row: -row["cpu"])[:BUSIEST]


def ask_rpc():
    """As the device tells it to scripts; PyEZ is there on most releases."""
    from jnpr.junos import Device

    with Device() as device:
        return "".join(device.rpc.get_system_process_information(extensive=True).itertext())


def ask_program(seconds, *command):
    """What a program prints. It is ended in time: nothing of ours goes on when we are gone."""
    import subprocess

    path = os.environ.get("PATH") or "/bin:/usr/bin:/usr/sbin"
    given = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    return subprocess.run(command, env={"PATH": path}, timeout=max(0.0, seconds), **given).stdout.decode("utf-8", "replace")


def busiest_processes(seconds):
    """Rows of pid, user, cpu and command, or "": a detail that is not there in time is not worth the event."""
    give_up = time.monotonic() + seconds

    def start(*ways):
        answers = []

        def look():
            for ask in ways:
                with contextlib.suppress(Exception):
                    rows = read_processes(ask())
                    if rows:
                        answers.append(rows)
                        return

        # In a thread of its own: a library that hangs is left behind.
        looker = threading.Thread(target=look, daemon=True)
        looker.start()
        return looker, answers

    # Side by side: PyEZ takes seconds to load on a device that is busy, and that is when this is asked.
    rpc, told = start(ask_rpc)
    programs, printed = start(
        lambda: ask_program(seconds * 0.4, "ps", "-axwwo", "pid,user,pcpu,comm"),
        lambda: ask_program(
            give_up - time.monotonic() - seconds * 0.1, "cli", "-c", "show system processes extensive | no-more"
        ),
    )
    rpc.join(seconds * 0.6)
    if not told:
        programs.join(max(0.0, give_up - time.monotonic()))
    found = told or printed
    return found[0] if found else ""


# ---- the spool


def open_private(path, flags=0):
    """Opens or makes a file that is ours alone. In a folder for everybody somebody may have put another there."""
    try:
        # O_NONBLOCK: opening a pipe would wait for its other end.
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | flags, 0o600)
    except (OSError, ValueError) as error:
        is_link = getattr(error, "errno", None) in (errno.ELOOP, errno.EMLINK)
        raise NoSpool("it is a symbolic link" if is_link else why(error))
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
        os.close(fd)
        raise NoSpool("it is not a file of this user alone")
    if stat.S_IMODE(found.st_mode) != 0o600:
        os.fchmod(fd, 0o600)
    return fd


def try_lock(fd):
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def nap():
    # Not all neighbours at the same moment.
    time.sleep(random.uniform(0.01, 0.03))


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def read_all(fd):
    chunks = []
    size = 0
    while size < 2 * MAX_SPOOL_BYTES:
        chunk = os.read(fd, 256 * 1024)
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def read_entry(line):
    """A line of the spool, or None: the device may have lost its power while it was written."""
    try:
        entry = json.loads(line.decode("utf-8"))
        kept = {key: entry[key] for key in ("id", "sequence", "dropped", "held_until", "body")}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    counts = all(type(kept[key]) is int and 0 <= kept[key] < MAX_SEQUENCE for key in ("sequence", "dropped"))
    # Also false for NaN.
    is_time = type(kept["held_until"]) in (int, float) and 0 <= kept["held_until"] < 1e12
    # The id becomes a header.
    is_id = isinstance(kept["id"], str) and kept["id"][:4] == "msg_" and kept["id"][4:].isalnum() and kept["id"].isascii()
    is_body = isinstance(kept["body"], str) and kept["body"].isascii()
    return kept if counts and is_time and is_id and is_body else None


def write_entry(entry):
    return json.dumps(entry).encode("ascii") + b"\n"


class Spool:
    """Events that wait, oldest first, a line of JSON each.

    `id` stays the same however often an event is sent. Until `held_until` (epoch seconds) its own process still
    adds to it. Beside the file: `.state`, three numbers (last sequence, last sequence that was dealt with, events
    dropped and not reported yet) and the lock over it and the spool; `.turn`, the lock of the one who sends.
    """

    def __init__(self, path, lock_wait_s):
        self.path = path
        self.lock_wait_s = lock_wait_s

    @contextlib.contextmanager
    def locked(self):
        fd = open_private(self.path + ".state")
        try:
            give_up = time.monotonic() + self.lock_wait_s
            while not try_lock(fd):
                if time.monotonic() > give_up:
                    raise NoSpool("it stays locked")
                nap()
            yield fd
        except OSError as error:
            raise NoSpool(why(error))
        finally:
            os.close(fd)

    @staticmethod
    def read_state(fd):
        """(sequence, done, dropped), or None when the file was lost."""
        try:
            sequence, done, dropped = (int(word) for word in os.pread(fd, 100, 0).split())
        except ValueError:
            return None
        return (sequence, done, dropped) if 0 <= done <= sequence < MAX_SEQUENCE and dropped >= 0 else None

    @staticmethod
    def write_state(fd, *numbers):
        # One write over what was there: always the same length.
        os.pwrite(fd, ("%d %d %d" % numbers).ljust(79).encode("ascii") + b"\n", 0)
        os.ftruncate(fd, 80)

    def read(self):
        fd = open_private(self.path)
        try:
            return [entry for entry in map(read_entry, read_all(fd).split(b"\n")) if entry]
        finally:
            os.close(fd)

    def rewrite(self, entries):
        if not entries:
            fd = open_private(self.path)
            os.ftruncate(fd, 0)
            os.close(fd)
            return
        new = self.path + ".new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            write_all(fd, b"".join(map(write_entry, entries)))
            os.fsync(fd)
            os.rename(new, self.path)
        except OSError:
            os.unlink(new)
            raise
        finally:
            os.close(fd)

    def append(self, line):
        fd = open_private(self.path, os.O_APPEND)
        try:
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                line = b"\n" + line
            try:
                write_all(fd, line)
            except OSError:
                # No room left: half a line is no use to anybody.
                os.ftruncate(fd, size)
                raise
        finally:
            os.close(fd)

    def size(self):
        fd = open_private(self.path)
        try:
            return os.fstat(fd).st_size
        finally:
            os.close(fd)

    def add(self, event, held_s):
        """Puts an event at the end and returns its entry. The oldest make room."""
        with self.locked() as fd:
            state = self.read_state(fd)
            if state:
                last, done, dropped = state
            else:
                last = max([entry["sequence"] for entry in self.read()] or [0])
                done = dropped = 0
            sequence = max(last + 1, milliseconds())
            entry = make_entry(event, sequence, dropped, held_s)
            line = write_entry(entry)
            if self.size() + len(line) > MAX_SPOOL_BYTES:
                entries = self.read()
                lines = sum(len(write_entry(old)) for old in entries)
                while entries and lines + len(line) > LOW_SPOOL_BYTES:
                    oldest = entries.pop(0)
                    lines -= len(write_entry(oldest))
                    # What the one we drop should have reported is not reported either.
                    dropped += 1 + oldest["dropped"]
                self.rewrite(entries)
                entry = make_entry(event, sequence, dropped, held_s)
                line = write_entry(entry)
            self.append(line)
            self.write_state(fd, sequence, done, 0)
            return entry

    def replace(self, entry):
        with self.locked():
            self.rewrite([entry if old["id"] == entry["id"] else old for old in self.read()])

    def remove(self, dealt_with):
        if dealt_with:
            ids = {entry["id"] for entry in dealt_with}
            with self.locked() as fd:
                self.rewrite([entry for entry in self.read() if entry["id"] not in ids])
                state = self.read_state(fd)
                last = max(entry["sequence"] for entry in dealt_with)
                if state and state[1] < last <= state[0]:
                    self.write_state(fd, state[0], last, state[2])

    def waiting(self):
        with self.locked():
            return self.read()

    def keep(self):
        """How many wait. They are made to outlive a loss of power, as nobody knows how long that will be."""
        try:
            # Without the lock: the watchdog asks, too, and this process may hold it.
            count = len(self.read())
            fd = open_private(self.path)
            os.fsync(fd)
            os.close(fd)
            return count
        except (NoSpool, OSError):
            return None

    def take_turn(self, own, limit):
        """The lock of the one who sends, as a descriptor to close; None when it is not needed or not free in time."""
        fd = open_private(self.path + ".turn")
        state = open_private(self.path + ".state")
        give_up = time.monotonic() + min(TURN_WAIT_S, limit.left())
        while not try_lock(fd):
            found = self.read_state(state)
            if (found and found[1] >= own["sequence"]) or time.monotonic() > give_up:
                os.close(fd)
                fd = None
                break
            nap()
        os.close(state)
        return fd


def milliseconds():
    """What sequences begin with: it rises also when the file of the last one was lost."""
    return int(time.time() * 1000)


def make_entry(event, sequence, dropped, held_s):
    body = dict(event, sequence=sequence)
    if dropped:
        body["dropped"] = dropped
    return {
        "id": "msg_" + os.urandom(16).hex(),
        "sequence": sequence,
        "dropped": dropped,
        "held_until": time.time() + held_s if held_s else 0,
        "body": encode(body),
    }


def is_held(entry):
    # A clock that was set back must not hold anything for hours.
    return 0 < entry["held_until"] - time.time() < 2 * DETAIL_S


# ---- sending


class Channel:
    """A connection to the assistant, used for one event after the other."""

    def __init__(self, arguments, limit):
        self.limit = limit
        self.connection = None
        self.secret = read_secret(arguments)
        self.key = self.secret
        if self.secret.startswith(b"whsec_"):
            rest = self.secret[6:]
            try:
                self.key = base64.b64decode(rest + b"=" * (-len(rest) % 4), validate=True)
            except ValueError:
                self.key = b""
            if not self.key:
                raise Failed("the secret begins with whsec_, but what follows is not base64")
        try:
            parts = urllib.parse.urlsplit(arguments.get("url", ""))
            self.place = parts.hostname, parts.port
        except ValueError:
            raise Failed("cannot reach the assistant: the address is not one")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Failed("no address: give --url https://HOST/webhooks/junos")
        if "@" in parts.netloc:
            raise Failed("the address holds a user: the secret is what signs")
        self.path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        self.tls = make_tls(arguments.get("ca-file")) if parts.scheme == "https" else None

    def connect(self):
        # http.client: no proxy from the environment sees events, and no redirect is followed.
        if self.tls:
            return http.client.HTTPSConnection(*self.place, context=self.tls)
        return http.client.HTTPConnection(*self.place)

    def sign(self, entry):
        body = entry["body"].encode("ascii")
        now = str(int(time.time()))
        signed = b".".join((entry["id"].encode("ascii"), now.encode("ascii"), body))
        signature = base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest()).decode("ascii")
        headers = {
            "Content-Type": "application/json",
            "Junos-Auth": hmac.new(self.secret, body, hashlib.sha256).hexdigest(),
            "webhook-id": entry["id"],
            "webhook-timestamp": now,
            "webhook-signature": "v1," + signature,
        }
        return body, headers

    def ask(self, entry):
        is_fresh = self.connection is None
        if is_fresh:
            self.connection = self.connect()
        connection = self.connection
        connection.timeout = max(LEAST_REQUEST_S, self.limit.left())
        if connection.sock:
            connection.sock.settimeout(connection.timeout)
        try:
            connection.request("POST", self.path, *self.sign(entry))
            response = connection.getresponse()
            response.read(64 * 1024)
            if not response.isclosed():
                self.close()
            return response.status
        except Exception as error:
            self.close()
            # The other side may have closed a connection that was idle; the id makes it harmless to send again.
            if not is_fresh and isinstance(error, (ConnectionError, http.client.HTTPException)):
                return self.ask(entry)
            raise Failed("cannot reach the assistant: %s" % why(error))

    def send(self, entry):
        """The answer's status, for an event that is dealt with. Raises Failed when it has to wait."""
        status = self.ask(entry)
        if 200 <= status < 300 or status in NEVER_ACCEPTED:
            return status
        raise Failed("the assistant answered %d" % status)

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


def make_tls(ca_file):
    import ssl

    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ValueError) as error:
        reason = "no certificate in it" if isinstance(error, ssl.SSLError) else why(error)
        raise Failed("cannot read the CA file: %s" % reason)


def send_waiting(spool, own, channel, limit):
    """Sends what waits, oldest first, until nothing does. Returns {id: status} of what was dealt with."""
    answers = {}
    while True:
        entries = spool.waiting()
        if not entries:
            return answers
        dealt_with = []
        begun = time.monotonic()
        try:
            for entry in entries:
                if limit.left() < LEAST_REQUEST_S:
                    raise Failed("no time left")
                if is_held(entry) or time.monotonic() - begun > 1:
                    break
                answers[entry["id"]] = channel.send(entry)
                dealt_with.append(entry)
        except Failed as failure:
            # Later ones belong to others, who will say so themselves.
            if own["id"] in answers:
                return answers
            raise failure
        finally:
            spool.remove(dealt_with)
        if not dealt_with:
            nap()


def send_in_turn(spool, own, channel, limit):
    turn = spool.take_turn(own, limit)
    if turn is None:
        if any(entry["id"] == own["id"] for entry in spool.waiting()):
            raise Failed("another instance is still sending")
        return {}
    # The lock ends with the process at the latest.
    try:
        return send_waiting(spool, own, channel, limit)
    finally:
        os.close(turn)


class Run:
    """One event's way from Junos to the assistant."""

    def __init__(self, argv):
        self.arguments = read_arguments(argv)
        self.limit = Limit(read_timeout(self.arguments.get("timeout")))
        # Time is left to send the event without the spool.
        lock_wait_s = min(LOCK_WAIT_S, self.limit.seconds * 0.4)
        self.spool = Spool(self.arguments.get("spool") or DEFAULT_SPOOL, lock_wait_s)
        self.is_taken = False
        self.own = None
        self.no_spool = ""

    def explain(self, line):
        """The line with what became of the event."""
        if self.no_spool:
            return "%s; not spooled, the spool cannot be used: %s" % (line, self.no_spool)
        if self.own:
            count = self.spool.keep()
            return "%s; spooled, %s waiting" % (line, "unknown" if count is None else count)
        return line + "; not spooled" if self.is_taken else line

    def take(self):
        """The event, in the spool. What takes longer is added to it there."""
        event = describe(read_trigger())
        self.is_taken = True
        allowed = min(DETAIL_S, self.limit.seconds * 0.3)
        needs_detail = wants_detail(event)
        try:
            self.own = self.spool.add(event, allowed + 0.5 if needs_detail else 0)
        except NoSpool as error:
            self.no_spool = str(error)
        if needs_detail:
            event["detail"] = busiest_processes(allowed)
        if self.own and needs_detail:
            body = dict(json.loads(self.own["body"]), detail=event["detail"])
            self.own.update(held_until=0, body=encode(body))
            # Otherwise it is sent as it is there.
            with contextlib.suppress(NoSpool):
                self.spool.replace(self.own)
        return self.own or make_entry(event, milliseconds(), 0, 0)

    def go(self):
        self.limit.enforce(self.explain)
        entry = self.take()
        channel = Channel(self.arguments, self.limit)
        if self.no_spool:
            answers = {entry["id"]: channel.send(entry)}
        else:
            answers = send_in_turn(self.spool, entry, channel, self.limit)
        refused = [status for status in answers.values() if status in NEVER_ACCEPTED]
        lines = []
        if refused:
            lines.append("the assistant answered %d: %d dropped" % (refused[0], len(refused)))
        if self.no_spool:
            lines.append("the spool cannot be used: %s" % self.no_spool)
        end(1 if answers.get(entry["id"]) in NEVER_ACCEPTED else 0, "; ".join(lines))


def main(argv):
    run = Run(argv)
    try:
        run.go()
    except Failed as error:
        end(1, run.explain(str(error)))
    except NoSpool as error:
        end(1, run.explain("the spool cannot be used: %s" % error))
    except Exception as error:
        end(1, run.explain("unexpected %s" % type(error).__name__))


if __name__ == "__main__":
    main(sys.argv[1:])
