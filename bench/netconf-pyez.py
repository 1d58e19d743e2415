"""PyEZ's side of the comparison: reads the name of a job per line, answers its milliseconds.

Its import and start-up are over when it says so, and are not counted.
"""

import json
import sys
import threading
import time

from jnpr.junos import Device

CYCLES = 10
PARALLEL = 50


def cycle(port, user, password):
    """Connect, one RPC, close. Without facts, which would be several more RPCs."""
    device = Device(host="127.0.0.1", port=port, user=user, passwd=password, gather_facts=False)
    device.open(gather_facts=False)
    if device.rpc.get_software_information().findtext("host-name") is None:
        raise RuntimeError("The device did not say its name.")
    device.close()


def cycles(*login):
    for _ in range(CYCLES):
        cycle(*login)


def parallel(*login):
    failures = []

    def one():
        try:
            cycle(*login)
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(PARALLEL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def main():
    login = (int(sys.argv[1]), sys.argv[2], sys.argv[3])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        job = {"cycles": cycles, "parallel": parallel}[line.strip()]
        started = time.monotonic()
        job(*login)
        print(json.dumps({"ms": (time.monotonic() - started) * 1000}), flush=True)


main()
