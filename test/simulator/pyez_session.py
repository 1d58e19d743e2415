"""PyEZ against a simulated device: one action per run, its result as JSON on stdout."""
import json
import sys

from jnpr.junos import Device
from jnpr.junos.utils.fs import FS
from jnpr.junos.utils.start_shell import StartShell
from jnpr.junos.utils.sw import SW
from lxml import etree

port, user, password, action = sys.argv[1:5]
arguments = sys.argv[5:]

# StartShell uses port 22 unless what the device calls itself is "localhost": then the one given here.
device = Device(host="localhost", port=int(port), user=user, password=password, gather_facts=False)
device.open()


def facts():
    device.facts_refresh(exception_on_failure=True, warnings_on_failure=True)
    names = (
        "hostname model version personality srx_cluster srx_cluster_id vc_capable vc_mode vc_master 2RE master "
        "current_re hostname_info re_master serialnumber HOME ifd_style switch_style fqdn"
    )
    return {name: device.facts[name] for name in names.split()}


def shell():
    with StartShell(device, timeout=10) as opened:
        return [opened.run(command) for command in arguments]


def text_of(reply):
    return reply if isinstance(reply, bool) else etree.tostring(reply, encoding="unicode")


def denied():
    from jnpr.junos.exception import PermissionError

    try:
        device.rpc.request_reboot()
    except PermissionError as error:
        return [type(error).__name__, error.message]
    return None


actions = {
    "facts": facts,
    "reboot-now": lambda: SW(device).reboot(),
    "reboot-in": lambda: SW(device).reboot(in_min=int(arguments[0])),
    "reboot-at": lambda: SW(device).reboot(at=arguments[0]),
    "restart": lambda: text_of(device.rpc.restart_daemon(daemon_name=arguments[0])),
    "restart-immediately": lambda: text_of(device.rpc.restart_daemon(daemon_name=arguments[0], immediately=True)),
    "cli": lambda: device.cli(arguments[0], warning=False),
    "shell": shell,
    "denied": denied,
    "files": lambda: [
        FS(device).tgz("/var/log/*", "/var/tmp/logs.tgz"),
        FS(device).checksum("/var/tmp/logs.tgz", "sha256"),
        sorted(FS(device).ls("/var/tmp")["files"]),
        FS(device).rm("/var/tmp/logs.tgz"),
        FS(device).rm("/var/tmp/logs.tgz"),
    ],
}
print(json.dumps(actions[action]()))
# A device that reboots at once ends the session itself.
if action != "reboot-now":
    device.close()
