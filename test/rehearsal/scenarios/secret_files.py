"""Files of a machine that hold a secret, run on the machine itself.

Arguments:  folders to look through
Input:      a JSON list of values in base64
Output:     a JSON list of {path, mode, owner}: files with one of the values, and the key stores that hold the cluster's key pair
"""
import base64
import json
import os
import pwd
import re
import stat
import sys

LARGEST = 16 << 20
# Their content is encrypted with a password that is in other files.
KEY_STORE = re.compile(r"/security/(carbon-cluster|wso2carbon)\.(jks|p12)$")


def main(folders, values):
    found = []
    for folder in folders:
        for path in files_below(folder):
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and (KEY_STORE.search(path) or holds(path, status.st_size, values)):
                found.append({"path": path, "mode": "%04o" % stat.S_IMODE(status.st_mode), "owner": owner(status.st_uid)})
    return found


def files_below(folder):
    for at, _, names in os.walk(folder):
        for name in sorted(names):
            yield os.path.join(at, name)


def holds(path, size, values):
    if not 0 < size <= LARGEST:
        return False
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False  # gone meanwhile
    return any(each in content for each in values)


def owner(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:], [base64.b64decode(each) for each in json.load(sys.stdin)])))
