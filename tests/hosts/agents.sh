#!/usr/bin/env bash
# A real cluster on the hosts of hosts.sh: an agent on each, and on "switch" a client that owns them.
#
#   bash tests/hosts/hosts.sh up 3 && bash tests/hosts/agents.sh build/dev/bin
#   bash tests/hosts/hosts.sh exec switch build/dev/bin/longship run JOB.yaml --cluster hosts
#
# Starts what does not run: call it again after "restore". LONGSHIP_HOSTS=NAME as with hosts.sh, the cluster is called
# like the set. Logs: /run/longship-hosts/NAME/hosts/HOST/home/agent/agent.log. "hosts.sh down" ends the agents, too.
set -euo pipefail
[ $# = 1 ] && [ -x "$1/longship-agent" ] || { sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" | sed '$d' >&2; exit 2; }
bin=$(readlink -f "$1")
hosts() { bash "$(dirname "$0")/hosts.sh" "$@"; }
name=${LONGSHIP_HOSTS:-hosts}
root=/run/longship-hosts/$name
cluster=$root/switch/home/.local/share/longship/clusters/$name

runs() { hosts exec "$1" bash -c 'pgrep -x longship-agent' > /dev/null; }
start() {  # <host> [--supervise]
  if runs "$1"; then return 0; fi
  local endpoint=$root/hosts/$1/home/agent/endpoint
  rm -f "$endpoint"
  hosts exec "$1" setsid "$bin/longship-agent" --home "$root/home/agent" --listen "${addresses[$1]}:7000" \
    --owner-key "$owner" --node "$1" --worker "$bin/longship-worker" "${@:2}" < /dev/null > /dev/null 2>&1 &
  timeout 20 bash -c 'until [ -e "$1" ]; do read -r -t 0.02 _ <> <(:) || true; done' - "$endpoint" ||
    { echo "The agent of $1 did not start." >&2; exit 1; }
}

# A client makes the owner's key when it opens a cluster, even one without nodes. The first line is the public one.
if [ ! -e "$cluster/client.key" ]; then
  mkdir -p "$cluster"
  echo "{\"format\": 1, \"kind\": \"remote\", \"name\": \"$name\", \"nodes\": []}" > "$cluster/cluster.json"
  hosts exec switch "$bin/longship" cluster list > /dev/null
fi
owner=$(head -n 1 "$cluster/client.key")
declare -A addresses
while read -r host address state _; do
  if [ "$state" != killed ] && [ "$host" != HOST ]; then addresses[$host]=$address; fi
done < <(hosts list)

# The first start of an agent makes its key; then all can be told of all.
fresh=""
for host in "${!addresses[@]}"; do
  if [ ! -e "$root/hosts/$host/home/agent/roster.json" ]; then
    start "$host"
    fresh="$fresh $host"
  fi
done
if [ -n "$fresh" ]; then
  python3 - "$name" "$root/hosts" "$cluster/cluster.json" << 'PYTHON'
import json, pathlib, sys
name, homes, record = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
known = {node["node"]: node for node in json.loads(record.read_text())["nodes"]}
for file in homes.glob("*/*/agent/endpoint"):
    told = json.loads(file.read_text())
    known[told["node"]] = {key: told[key] for key in ("node", "endpoint", "publicKey")}
nodes = [known[node] for node in sorted(known)]
record.write_text(json.dumps({"format": 1, "kind": "remote", "name": name, "nodes": nodes}))
roster = [{"node": node["node"], "endpoint": node["endpoint"], "public_key": node["publicKey"]} for node in nodes]
for home in homes.glob("*/*/agent"):
    (home / "roster.json").write_text(json.dumps({"cluster": name, "nodes": roster}))
PYTHON
  for host in $fresh; do
    hosts exec "$host" bash -c 'pid=$(pgrep -x longship-agent); kill $pid; tail --pid=$pid -s 0.02 -f /dev/null'
  done
fi
for host in "${!addresses[@]}"; do start "$host" --supervise; done
hosts exec switch "$bin/longship" cluster list
