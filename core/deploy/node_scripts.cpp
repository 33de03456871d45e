#include "core/deploy/node_scripts.h"

#include <string>

#include "core/deploy/node_boot.h"

namespace longship::node_scripts {
namespace {

/// For scripts that have $home, the home of a cluster's agent: processes prints the ids of the agent and of
/// its parent. The grep finds itself, too, but has ended by then. gone waits for so many fifths of a second.
/// end ends them.
const std::string kAgentFunctions = R"sh(
processes() {
  for process in $(grep -lsaF -- "$home" /proc/[0-9]*/cmdline || true); do
    if [ -r "$process" ]; then id=${process#/proc/}; echo "${id%/cmdline}"; fi
  done
}
gone() {
  tries=0
  while [ -n "$(processes)" ]; do
    tries=$((tries + 1))
    [ "$tries" -le "$1" ] || return 1
    sleep 0.2
  done
}
end() {
  for id in $(processes); do kill -TERM "$id" 2>/dev/null || true; done
  gone 75 && return 0
  for id in $(processes); do kill -KILL "$id" 2>/dev/null || true; done
  gone 25
}
)sh";

/// assemble FOLDER reads token, id, and "SHA256 PATH" lines up to "."; makes FOLDER/id of files of the store,
/// each hashed once more.
const std::string kAssemble = R"sh(
assemble() {
  read -r token
  read -r id
  fresh="$1/.new-$token"
  mkdir -p "$fresh"
  trap 'rm -rf "$fresh"' EXIT
  while read -r hash path && [ "$hash" != . ]; do
    sum=$(sha256sum < "$B/store/$hash")
    if [ "${sum%% *}" != "$hash" ]; then
      rm -f "$B/store/$hash"
      echo "$path was damaged on the disk and was removed; doing it again sends it again" >&2
      exit 9
    fi
    case $path in */*) mkdir -p "$fresh/${path%/*}" ;; esac
    ln "$B/store/$hash" "$fresh/$path" 2>/dev/null || cp -p "$B/store/$hash" "$fresh/$path"
    echo "$hash $path" >> "$fresh/manifest"
  done
  mv -T "$fresh" "$1/$id" 2>/dev/null || [ -f "$1/$id/manifest" ]
  find "$1" -maxdepth 1 -name '.new-*' -mmin +1440 -exec rm -rf {} +
}
)sh";

}  // namespace

const std::string kProbe = R"sh(
say() { printf '%s=%s\n' "$1" "$2"; }
say clock "$(date +%s)"
say home "$HOME"
say uid "$(id -u)"
say kernel "$(uname -s)"
say machine "$(uname -m)"
say shell "${SHELL:-}"
say connection "${SSH_CONNECTION:-}"
say processors "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 0)"
say glibc "$(getconf GNU_LIBC_VERSION 2>/dev/null || true)"
say memory_kib "$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)"
say cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
say cpu_flags "$(sed -n 's/^flags[^:]*: //p' /proc/cpuinfo | head -n 1)"
say open_files "$(ulimit -n)"
say linger "$(loginctl show-user --property=Linger --value "$(id -un)" 2>/dev/null || true)"
say kill_user_processes "$(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 \
  org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null || true)"
for tool in tar sha256sum find du dd tr sed grep; do
  command -v "$tool" >/dev/null 2>&1 || say missing_tool "$tool"
done
created=
for folder in "$HOME/.local" "$HOME/.local/share" "$B"; do
  if [ ! -d "$folder" ]; then
    mkdir "$folder" 2>/dev/null || break
    created="$folder $created"
  fi
done
trial="$B/trial-$$"
if (printf '#!/bin/sh\nexit 0\n' > "$trial") 2>/dev/null; then
  say writable yes
  chmod 700 "$trial"
  if "$trial" 2>/dev/null; then say executable yes; else say executable no; fi
  rm -f "$trial"
else
  say writable no
fi
say free_kib "$(df -Pk "$HOME" 2>/dev/null | sed -n '2s/^.* \([0-9][0-9]*\)  *[0-9][0-9]*%.*/\1/p')"
if [ -f "$B/current" ]; then say current "$(head -n 1 "$B/current")"; fi
if [ -d "$B/store" ]; then
  (cd "$B/store" && find . -type f -exec wc -c {} +) |
    sed -n 's|^ *\([0-9]*\) \./\([0-9a-f]*\)$|blob=\1 \2|p'
fi
if [ -d "$B/versions" ]; then
  for version in "$B/versions"/*; do
    if [ -f "$version/manifest" ]; then say version "${version##*/}"; fi
  done
fi
used=$(grep -lsaF -- "$B/versions/" /proc/[0-9]*/cmdline || true)
for process in $used; do
  words=$(tr '\000' ' ' < "$process" 2>/dev/null || true)
  case $words in
    *"libexec/longship-worker --task"* | *"libexec/longship-server --task"*)
      say worker "${process%/cmdline}" ;;
  esac
done
for folder in $created; do rmdir "$folder" 2>/dev/null || true; done
)sh";

const std::string kUpload = R"sh(
read -r token
mkdir -p "$B/store"
chmod 700 "$B"
find "$B" -maxdepth 1 -name 'incoming-*' -mmin +1440 -exec rm -rf {} +
incoming="$B/incoming-$token"
mkdir "$incoming"
trap 'rm -rf "$incoming"' EXIT
broken=
tar -x -m -f - -C "$incoming" || broken=yes
cd "$incoming"
for file in *; do
  [ -f "$file" ] || continue
  sum=$(sha256sum < "$file")
  if [ "${sum%% *}" = "$file" ]; then
    chmod 500 "$file"
    mv -f "$file" "$B/store/$file"
  else
    broken=yes
  fi
done
cd "$B"
sync -f "$B/store" 2>/dev/null || sync
if [ -n "$broken" ]; then
  echo "not everything arrived as it was sent" >&2
  exit 9
fi
)sh";

const std::string kUnpack = kAssemble + R"sh(
read -r incoming
incoming="$B/incoming-$incoming"
mkdir "$incoming"
assemble "$incoming"
trap 'rm -rf "$incoming"' EXIT
"$incoming/$id/bin/longship-agent" --unpack "$B/store" "$incoming" || exit 9
sync -f "$B/store" 2>/dev/null || sync
)sh";

const std::string kReadBack = R"sh(
cd "$B/store"
while read -r hash && [ "$hash" != . ]; do cat "$hash"; done
)sh";

const std::string kSwitch = kAssemble + R"sh(
assemble "$B/versions"
previous=
if [ -f "$B/current" ]; then previous=$(grep -vxF "$id" "$B/current" | head -n 1 || true); fi
printf '%s\n' "$id" $previous > "$B/.current-$token"
mv -f "$B/.current-$token" "$B/current"
sync -f "$B" 2>/dev/null || sync
for version in "$B/versions"/*; do
  name=${version##*/}
  if [ "$name" != "$id" ] && [ "$name" != "$previous" ]; then
    used=
    for process in $(grep -lsaF -- "$version/" /proc/[0-9]*/cmdline || true); do
      if [ -r "$process" ]; then used=yes; fi
    done
    [ -n "$used" ] || rm -rf "$version"
  fi
done
# A file that no version links to may belong to another deployment under way, which has an hour for it.
find "$B/store" -type f -links 1 -mmin +60 -exec rm -f {} +
)sh";

const std::string kDataLook = R"sh(
read -r token
read -r content
read -r usual
mkdir -p "$B/store" "$B/datasets"
chmod 700 "$B"
folder="$B/datasets/$content"
if [ -f "$folder/manifest" ]; then
  touch "$folder"
  echo have=yes
fi
wanted=
while read -r hash && [ "$hash" != . ]; do
  if [ -f "$B/store/$hash" ]; then
    echo "blob=$(wc -c < "$B/store/$hash") $hash"
  else
    wanted="$wanted $hash "
  fi
done
# What the machine has in the usual place anyway.
if [ -n "$wanted" ] && [ ! -f "$folder/manifest" ] && [ -d "$usual" ]; then
  copy="$B/incoming-$token"
  mkdir "$copy"
  trap 'rm -rf "$copy"' EXIT
  for file in "$usual"/*; do
    [ -f "$file" ] && [ -r "$file" ] || continue
    sum=$(sha256sum < "$file")
    hash=${sum%% *}
    case $wanted in *" $hash "*) ;; *) continue ;; esac
    cp "$file" "$copy/$hash"
    chmod 500 "$copy/$hash"
    mv -f "$copy/$hash" "$B/store/$hash"
    echo "blob=$(wc -c < "$B/store/$hash") $hash"
  done
fi
echo "home=$HOME"
echo "free_kib=$(df -Pk "$HOME" 2>/dev/null | sed -n '2s/^.* \([0-9][0-9]*\)  *[0-9][0-9]*%.*/\1/p')"
)sh";

const std::string kDataPlace = kAssemble + R"sh(
assemble "$B/datasets"
sync -f "$B" 2>/dev/null || sync
# No run has asked for these in a month.
find "$B/datasets" -mindepth 1 -maxdepth 1 -type d ! -name "$id" -mtime +30 -exec rm -rf {} +
)sh";

const std::string kDataUsual = R"sh(
read -r usual
if [ -d "$usual" ]; then echo have=yes; fi
)sh";

const std::string kStart = kAgentFunctions + R"sh(
read -r cluster
read -r node
read -r key
home="$B/agents/$cluster/home"
)sh" + kBootFunctions + R"sh(
id=$(head -n 1 "$B/current")
bin="$B/versions/$id/bin"
mkdir -p "$home"
started=no
set -- $SSH_CONNECTION
case $3 in *:*) listen="[$3]:0" ;; *) listen="$3:0" ;; esac
# Single quotes: the key has no such quote, but everything else that a shell might read.
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
cat > "$start_file.new" <<START
#!/bin/sh
# Starts the agent of the cluster $cluster on this machine. Written by every deployment.
agent() {
  $(quoted "$bin/longship-agent") --home $(quoted "$home") --listen '$listen' --owner-key '$key' \
    --node '$node' --worker $(quoted "$bin/longship-worker") --data $(quoted "$B/datasets") "\$@"
}
cd $(quoted "$home") || exit 1
if [ "\$1" = --at-boot ]; then
  tries=0
  # The network may come later than this.
  until agent --supervise --foreground; do
    [ \$? = 2 ] && [ "\$tries" -lt 30 ] || exit 1
    tries=\$((tries + 1))
    sleep 10
  done
else
  agent "\$@"
fi
START
mv -f "$start_file.new" "$start_file"
after_reboot=no
if user_systemd && may_linger && write_unit >/dev/null 2>&1; then
  after_reboot=systemd
elif by_cron; then
  after_reboot=cron
fi
for process in $(processes); do
  # Read once: a child that is just being started looks like its parent for a moment.
  words=$(tr '\000' ' ' < "/proc/$process/cmdline" 2>/dev/null || true)
  case $words in
    *"$B/versions/$id/"*) ;;
    *"$home"*)
      [ "$after_reboot" != systemd ] || systemctl --user stop "$unit" >/dev/null 2>&1 || true
      end
      break
      ;;
  esac
done
if [ -z "$(processes)" ]; then
  started=yes
  rm -f "$home/endpoint"
  cd "$home"
  if [ "$after_reboot" = systemd ]; then
    systemctl --user reset-failed "$unit" >/dev/null 2>&1 || true
    systemctl --user restart "$unit" >/dev/null 2>&1 || { forget_boot; after_reboot=no; }
  fi
  if [ "$after_reboot" != systemd ]; then
    /bin/sh "$start_file" --supervise < /dev/null > start.log 2>&1 || {
      tail -n 3 start.log >&2
      exit 8
    }
  fi
fi
tries=0
while [ ! -s "$home/endpoint" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ]; then
    echo "the agent was started and does not listen" >&2
    tail -n 3 "$home/agent.log" >&2
    exit 8
  fi
  sleep 0.2
done
echo "started=$started"
echo "after_reboot=$after_reboot"
if [ -s "$home/died" ]; then
  echo "died=$(head -n 1 "$home/died")"
  rm -f "$home/died"
fi
echo endpoint
cat "$home/endpoint"
)sh";

const std::string kFindAgent = kAgentFunctions + R"sh(
read -r cluster
home="$B/agents/$cluster/home"
if [ -n "$(processes)" ] && [ -s "$home/endpoint" ]; then cat "$home/endpoint"; fi
)sh";

const std::string kMeasureLinks = R"sh(
id=$(head -n 1 "$B/current")
exec "$B/versions/$id/bin/longship-agent" --measure-links
)sh";

const std::string kRemove = kAgentFunctions + R"sh(
read -r cluster
[ -d "$B" ] || { echo 0; exit 0; }
size() { du -sk "$B" 2>/dev/null | sed 's/[^0-9].*//'; }
before=$(size)
home="$B/agents/$cluster/home"
)sh" + kBootFunctions + R"sh(
forget_boot
end || { echo "its agent does not end" >&2; exit 8; }
rm -rf "$B/agents/$cluster"
rmdir "$B/agents" 2>/dev/null || true
if [ ! -d "$B/agents" ]; then
  if [ -f "$B/made-linger" ]; then
    loginctl --no-ask-password disable-linger >/dev/null 2>&1 </dev/null || true
  fi
  rm -f "$B/made-linger"
  rm -rf "$B/store" "$B/versions" "$B/datasets" "$B/current" "$B"/.current-* "$B"/incoming-*
fi
after=0
if ! rmdir "$B" 2>/dev/null; then after=$(size); fi
echo $((before - after))
)sh";

}  // namespace longship::node_scripts
