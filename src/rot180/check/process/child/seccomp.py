"""Linux's seccomp: refuse system calls that act on other processes, or on files outside the process's folder.

Landlock (landlock.py) cannot restrict these calls. The filter also applies to all processes that this process starts,
and cannot be removed. On other machines and systems, this module does nothing.
https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence

PR_SET_SECCOMP, FILTER_MODE, PR_SET_NO_NEW_PRIVS = 22, 2, 38
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # the instructions of a filter
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in the data of a system call
OTHER_NUMBERS = 0x40000000  # the start of the second set of system call numbers of x86-64 (x32)
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# The number of each refused system call on x86_64 and on aarch64; None if it does not exist there.
FILES: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "setxattrat": (463, 463), "removexattrat": (466, 466), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_by_handle_at": (304, 265), "quotactl": (179, 60),
    "swapon": (167, 224),
}  # fmt: skip
PROCESSES: dict[str, tuple[int | None, int | None]] = {
    "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "setpriority": (141, 140),
    "ioprio_set": (251, 30), "kcmp": (312, 272), "unshare": (272, 97), "setns": (308, 268),
    "process_madvise": (440, 440), "migrate_pages": (256, 238), "move_pages": (279, 239),
}  # fmt: skip
CHANNELS: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "io_uring_setup": (425, 425), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "msgget": (68, 186), "semget": (64, 190), "shmget": (29, 194), "mq_open": (240, 180),
}  # fmt: skip
ON_ITSELF: dict[str, tuple[int | None, int | None]] = {  # allowed if the first argument is 0 or this process
    "prlimit64": (302, 261), "kill": (62, 129), "tgkill": (234, 131), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
}  # fmt: skip


def restrict() -> bool:
    """Install the filter for this process. Returns False if the system does not support it."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ARCHITECTURES:
        return False
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
    except (ImportError, OSError):
        return False
    instructions = program(machine, os.getpid())
    code = ctypes.create_string_buffer(b"".join(instructions))
    header = struct.pack("@HP", len(instructions), ctypes.addressof(code))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.create_string_buffer(header), 0, 0) == 0)


def program(machine: str, process: int) -> list[bytes]:
    """The instructions of the filter. It refuses some calls, allows others only on this process, and allows the
    rest.
    """
    refused, on_itself = (numbers_of(machine, *tables) for tables in ((FILES, PROCESSES, CHANNELS), (ON_ITSELF,)))
    checks = [(AT_LEAST, OTHER_NUMBERS)] if machine == "x86_64" else []
    checks += [(EQUAL, number) for number in refused]
    # The checks are followed by one check for each call that is allowed on this process, and then by:
    #   allow, load the first argument, is it 0?, is it this process?, refuse
    count = len(checks) + len(on_itself)
    allow, argument, refuse = count, count + 1, count + 4
    body = [_instruction(code, value, refuse - at - 1, 0) for at, (code, value) in enumerate(checks)]
    body += [
        _instruction(EQUAL, number, argument - at - 1, 0) for at, number in enumerate(on_itself, start=len(checks))
    ]
    own = process & 0xFFFFFFFF
    body += [
        _instruction(RETURN, ALLOW), _instruction(LOAD, FIRST_ARGUMENT), _instruction(EQUAL, 0, 2, 0),
        _instruction(EQUAL, own, 1, 0), _instruction(RETURN, REFUSE), _instruction(RETURN, ALLOW),
    ]  # fmt: skip
    assert len(body) == allow + 6
    return [
        _instruction(LOAD, ARCHITECTURE), _instruction(EQUAL, ARCHITECTURES[machine], 1, 0),
        _instruction(RETURN, REFUSE), _instruction(LOAD, NUMBER), *body,
    ]  # fmt: skip


def numbers_of(machine: str, *tables: dict[str, tuple[int | None, int | None]]) -> Sequence[int]:
    """The numbers of the system calls in these tables on a machine."""
    column = list(ARCHITECTURES).index(machine)
    return [number for table in tables for pair in table.values() if (number := pair[column]) is not None]


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Encode one instruction. The jumps are numbers of instructions to skip."""
    return struct.pack("<HBBI", code, if_true, if_false, value)
