#!/bin/bash
#
# The user data of a node: writes the node's two documents down, fetches the boot programs and hands over to them.
#
# Arguments:  none; cloud-init runs it once, as root. Running it again does no harm.
# Needs:      curl, gzip and python3, as on Amazon Linux 2023, Ubuntu 22.04 and 24.04, and Debian 12.
# Exit codes: those of boot.py (0 in service, 3 failed and signalled); anything else: failed before boot.py could
#             signal, so that this script has.
#
# The two marked lines are filled in at synthesis, the second with gzip in base64. Comment lines stay behind: user data has a limit of 16,384 bytes.
#
set -euo pipefail
umask 022
state=/opt/carbon-cluster
read -r CARBON_CLUSTER_BEGAN _ < /proc/uptime
export CARBON_CLUSTER_BEGAN
mkdir -p "$state" /var/log/carbon-cluster
exec > >(tee -a /var/log/carbon-cluster/boot.log) 2>&1
date -u +'%FT%TZ carbon-cluster user data begins'
cat > "$state/values" <<'CARBON_CLUSTER_VALUES'
@VALUES@
CARBON_CLUSTER_VALUES
value() { sed -n "s/^$1=//p" "$state/values"; }
metadata() {
  local token
  token=$(curl -sSf -m 5 --retry 5 --retry-all-errors -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
  curl -sSf -m 5 --retry 5 --retry-all-errors -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}
failed_as() {
  aws cloudformation signal-resource --stack-name "$(value StackId)" --logical-resource-id "$(value SignalResource)" --unique-id "$1" --status FAILURE
}
# Where CloudFormation refuses a unique id that is more than the instance's id, it gets that.
ended() {
  local code=$?
  [ "$code" = 0 ] || [ "$code" = 3 ] && return
  echo "carbon-cluster bootstrap: exit code $code after: $1"
  failed_as "${instance:-unknown}:bootstrap" || failed_as "${instance:-unknown}" || true
}
uptime() { cut -d. -f1 /proc/uptime; }
# Tried for a minute when a service answers that it refuses, because a role that was made a moment ago is not known everywhere yet, and for as long as
# the boot may take when nobody answers. The uptime is no clock that a time service sets.
retried() {
  local pause=2 end said
  until said=$("$@" 2>&1); do
    end=$boot_seconds
    [[ $said != *'An error occurred (40'[0-9]')'* ]] || end=60
    echo "carbon-cluster bootstrap: $said"
    [ "$(($(uptime) + pause - ${CARBON_CLUSTER_BEGAN%.*}))" -lt "$end" ] || return 1
    sleep "$((pause - RANDOM % (pause / 2 + 1)))"
    [ "$pause" -ge 30 ] || pause=$((pause * 2))
  done
}
install_cli() {
  # Other installations may be under way, and mirrors may be away.
  apt-get -qq update
  apt-get -qq -y -o DPkg::Lock::Timeout=600 install awscli || snap install aws-cli --classic
}
trap 'ended "$BASH_COMMAND"' EXIT
base64 -d <<'CARBON_CLUSTER_NODE' | gunzip > "$state/node.json"
@NODE@
CARBON_CLUSTER_NODE
export DEBIAN_FRONTEND=noninteractive AWS_DEFAULT_REGION AWS_METADATA_SERVICE_NUM_ATTEMPTS=4 AWS_METADATA_SERVICE_TIMEOUT=5
AWS_DEFAULT_REGION=$(value Region)
boot_seconds=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["health"]["seconds"])' "$state/node.json")
instance=$(metadata instance-id)
command -v aws > /dev/null || retried install_cli
retried aws s3 cp --only-show-errors --cli-connect-timeout 10 "s3://$(value ProgramsBucket)/$(value ProgramsKey)" "$state/programs.zip"
python3 -m zipfile -e "$state/programs.zip" "$state/programs"
python3 "$state/programs/boot.py" first-boot
