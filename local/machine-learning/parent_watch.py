"""Runs a Python container so that it never outlives the emulator that started it.

A second process waits on descriptor 3, whose other end closes when the emulator is gone, however that died, and then
ends the container's process group: also when the server hangs inside of native code. Descriptor 3 stays out of the
server's reach, and the server keeps this process's id.
"""

import os
import signal
import sys

EMULATOR = 3

if os.fork() == 0:
    # A polite end is for the server; this one goes with the group.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.read(EMULATOR, 4096):
        pass
    os.killpg(0, signal.SIGKILL)

os.close(EMULATOR)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
