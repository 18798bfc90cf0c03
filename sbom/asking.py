"""Libraries that tell their version to callers alone.

They are loaded in a process of their own, which only works for the architecture of this machine.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_LIBPQ = """
import ctypes, sys
number = ctypes.CDLL(sys.argv[1]).PQlibVersion()
print(f"{number // 10000}.{number % 10000}")
"""
# LDAPAPIInfo as ldap_get_option(3) has it; LDAP_OPT_API_INFO is 0.
_OPENLDAP = """
import ctypes, sys
class Info(ctypes.Structure):
    _fields_ = [("asked", ctypes.c_int), ("api", ctypes.c_int), ("protocol", ctypes.c_int),
                ("extensions", ctypes.c_void_p), ("vendor", ctypes.c_char_p), ("version", ctypes.c_int)]
info = Info(asked=1)
refused = ctypes.CDLL(sys.argv[1]).ldap_get_option(None, 0, ctypes.byref(info))
number = info.version
refused or print(f"{number // 10000}.{number // 100 % 100}.{number % 100}")
"""
_PROGRAMS = {"libpq": ("libpq", _LIBPQ), "openldap": ("libldap", _OPENLDAP)}


def ask(library: str, files: Iterable[Path]) -> str:
    """The version that a library names; empty when it cannot be loaded here."""
    begin, program = _PROGRAMS[library]
    (file,) = (file for file in files if file.name.startswith(begin))
    command = [sys.executable, "-I", "-c", program, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
