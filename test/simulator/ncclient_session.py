"""ncclient with its Junos handler against a simulated device; what it got as JSON on stdout."""
import json
import sys

from ncclient import manager
from ncclient.operations import RPCError

port, user, password = sys.argv[1:4]
results = {}
session = manager.connect(
    host="127.0.0.1",
    port=int(port),
    username=user,
    password=password,
    hostkey_verify=False,
    look_for_keys=False,
    allow_agent=False,
    device_params={"name": "junos"},
)
results["capabilities"] = sorted(session.server_capabilities)
results["session"] = session.session_id
results["get"] = session.get().xpath("//host-name")[0].text
results["rpc"] = session.rpc("<get-software-information/>").xpath("//product-model")[0].text
results["text"] = session.command("show system uptime", format="text").xpath("//output")[0].text
results["xml"] = session.command("show version").xpath("//host-name")[0].text
try:
    session.rpc("<get-nothing/>")
except RPCError as error:
    results["error"] = [error.type, error.tag, error.severity, error.message.strip()]
session.close_session()
results["closed"] = not session.connected
print(json.dumps(results))
