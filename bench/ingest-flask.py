"""A threaded Flask with one SQLite insert per request: verify, read, store durably, answer."""

import hashlib
import hmac
import json
import logging
import sqlite3
import sys
import threading
from datetime import datetime, timezone

from flask import Flask, request
from werkzeug.serving import make_server

path, secret = sys.argv[1], sys.argv[2].encode()
app = Flask(__name__)
logging.getLogger("werkzeug").setLevel(logging.ERROR)


def connect():
    connection = sqlite3.connect(path, timeout=60)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


with connect() as setup:
    setup.execute("PRAGMA journal_mode = WAL")
    setup.execute(
        "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, received_at TEXT, event TEXT, process TEXT,"
        " message TEXT, hostname TEXT, detail TEXT, source TEXT, body BLOB)"
    )


@app.route("/webhooks/junos", methods=["POST"])
def take():
    body = request.get_data()
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("Junos-Auth", "")):
        return {"error": "wrong signature"}, 401
    event = json.loads(body)
    received_at = datetime.now(timezone.utc).isoformat()
    words = [event[name] for name in ("event", "process", "message", "hostname")]
    connection = connect()
    try:
        with connection:
            row = [received_at, *words, json.dumps(event["detail"]), request.remote_addr, body]
            cursor = connection.execute(
                "INSERT INTO events (received_at, event, process, message, hostname, detail, source, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        return {"id": cursor.lastrowid}, 202
    finally:
        connection.close()


server = make_server("127.0.0.1", 0, app, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port}), flush=True)
# Ends when its parent lets go.
sys.stdin.read()
