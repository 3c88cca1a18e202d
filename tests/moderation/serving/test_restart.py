"""Processes that listen on the same sockets: restarted under load, they fail no request."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import urllib3

from tests.waiting import PATIENCE_SECONDS, wait_for

SCRIPT = """
import os, signal, threading
from flask import Flask
from ground.processes import Processes
from ground.settings import GroundSettings
from ground.web.listening import Listener, listen

settings = GroundSettings(port=0, threads=4)
sockets = listen(settings)
print(sockets[0].getsockname()[1], flush=True)
stop, restart = threading.Event(), threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
signal.signal(signal.SIGHUP, lambda *_: restart.set())

def work(ready):
    app = Flask("restart")
    app.add_url_rule("/", view_func=lambda: str(os.getpid()))
    listener = Listener(app, settings, sockets=sockets)
    listener.start()
    ready()
    stop.wait()
    listener.close()

Processes("serve", work, 2, stop, restart=restart).run()
"""
CLIENTS = 4


def test_processes_that_are_restarted_under_load_fail_no_request() -> None:
    first = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    port = int(first.stdout.readline())
    answers: Counter[str] = Counter()
    faults: list[str] = []
    is_over = threading.Event()

    def ask(keeps_alive: bool) -> None:
        client = urllib3.HTTPConnectionPool("127.0.0.1", port, timeout=PATIENCE_SECONDS, retries=False)
        while not is_over.is_set():
            try:
                answer = client.request("GET", "/", headers={} if keeps_alive else {"Connection": "close"})
                answers[answer.data.decode()] += 1
                if answer.status != 200:
                    faults.append(f"{answer.status} {answer.data!r}")
            except urllib3.exceptions.HTTPError as error:
                faults.append(repr(error))
            time.sleep(0.001)
        client.close()

    threads = [threading.Thread(target=ask, args=(number % 2 == 0,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for restarts in range(3):
        wait_for(lambda restarts=restarts: len(answers) >= 2 * restarts + 1)
        first.send_signal(signal.SIGHUP)
    wait_for(lambda: len(answers) >= 5)
    is_over.set()
    for thread in threads:
        thread.join()
    first.terminate()
    first.wait(PATIENCE_SECONDS)
    first.stdout.close()

    assert faults == []
    assert len(answers) >= 5, "processes"
