#!/bin/sh
# Installs what a rehearsal needs from the distribution (Debian or Ubuntu), and keeps its services from starting:
# the rehearsal runs each program itself, in namespaces of its own.
set -eu

packages="systemd-container haproxy dnsmasq-base mmdebstrap nftables iproute2 procps openssl curl gpg"
# The stand-in is built with these, wherever they come from.
command -v mvn > /dev/null || packages="$packages maven"
command -v javac > /dev/null || packages="$packages default-jdk-headless"

if [ "$(id -u)" -ne 0 ]; then
    echo "install.sh needs root." >&2
    exit 1
fi

missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "Everything a rehearsal needs is installed."
    exit 0
fi

# While this file is there, no package's installation starts a service. A machine's own is left as it is.
policy=/usr/sbin/policy-rc.d
own_policy=
if [ ! -e "$policy" ]; then
    own_policy=yes
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
elif ! sh "$policy" haproxy start > /dev/null 2>&1; then
    : # it forbids starting already
else
    echo "$policy lets services start; haproxy's will be stopped again." >&2
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086  # a list of words
apt-get install -q -y --no-install-recommends $missing

# Nor at the next start of the machine. Only what was installed just now: a haproxy that was here before is in use.
case "$missing" in
    *haproxy*)
        if [ -d /run/systemd/system ]; then
            systemctl disable --now haproxy.service
        else
            rm -f /etc/systemd/system/multi-user.target.wants/haproxy.service
        fi
        ;;
esac
[ -z "$own_policy" ] || rm -f "$policy"
echo "Installed:$missing"
