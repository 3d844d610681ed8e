"""Shuts an ext4 file system down as a power cut does: nothing that is in memory reaches the disk any more.

cut-power.py IMAGE MOUNT does so only if MOUNT is a loop mount of the file IMAGE.
"""

import fcntl
import os
import struct
import sys

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
LOOP_MAJOR = 7

image, mount = sys.argv[1:]
fd = os.open(mount, os.O_RDONLY | os.O_DIRECTORY)
# Check and shut down the same descriptor, because the path may lead elsewhere in between.
device = os.fstat(fd).st_dev
if os.major(device) != LOOP_MAJOR:
    sys.exit(f"{mount} is on device {os.major(device)}:{os.minor(device)}, which is not a loop device: nothing done")
with open(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/loop/backing_file") as file:
    backing = file.read().strip()
if not os.path.samefile(backing, image):
    sys.exit(f"{mount} is a mount of {backing}, not of {image}: nothing done")
fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
