#pragma once

namespace longship::node_scripts {

/// For scripts that have $cluster and $home: what starts an agent when its machine starts. `start_file` does
/// it, so that nothing that systemd or cron would interpret stands in their files. A crontab that cannot be
/// read is left alone.
inline constexpr const char* kBootFunctions = R"sh(
start_file="$B/agents/$cluster/start"
unit="longship-$cluster.service"
units="${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user"
cron_line="@reboot /bin/sh '$start_file' --at-boot"
user_systemd() {
  command -v systemctl >/dev/null 2>&1 || return 1
  [ -n "${XDG_RUNTIME_DIR:-}" ] || export XDG_RUNTIME_DIR="/run/user/$(id -u)"
  systemctl --user show-environment >/dev/null 2>&1
}
lingers() { [ "$(loginctl show-user --property=Linger --value "$(id -un)" 2>/dev/null)" = yes ]; }
may_linger() {
  lingers && return 0
  loginctl --no-ask-password enable-linger >/dev/null 2>&1 </dev/null && lingers || return 1
  : > "$B/made-linger"
}
write_unit() {
  mkdir -p "$units"
  file=$(printf %s "$start_file" | sed 's/[\\"]/\\&/g; s/%/%%/g; s/\$/$$/g')
  cat > "$units/.$unit.new" <<UNIT
[Unit]
Description=Longship agent of the cluster $cluster
StartLimitIntervalSec=600
StartLimitBurst=20
[Service]
ExecStart=/bin/sh "$file" --supervise --foreground
# 1: it died too often. 2: its address is not there yet, for example.
Restart=on-failure
RestartPreventExitStatus=1
RestartSec=10
TimeoutStopSec=20
[Install]
WantedBy=default.target
UNIT
  mv -f "$units/.$unit.new" "$units/$unit"
  systemctl --user daemon-reload && systemctl --user enable "$unit"
}
other_cron_lines() {
  problem=$(crontab -l 2>&1 >/dev/null) || case $problem in *"no crontab"*) return 0 ;; *) return 1 ;; esac
  crontab -l | grep -vxF -- "$cron_line" || true
}
by_cron() {
  case $start_file in *[%\']*) return 1 ;; esac
  command -v crontab >/dev/null 2>&1 && grep -qsx -e cron -e crond -e fcron /proc/[0-9]*/comm || return 1
  lines=$(other_cron_lines) || return 1
  { [ -z "$lines" ] || printf '%s\n' "$lines"; printf '%s\n' "$cron_line"; } | crontab - 2>/dev/null
}
forget_boot() {
  if [ -f "$units/$unit" ]; then
    if user_systemd; then
      systemctl --user disable "$unit" >/dev/null 2>&1 || true
      systemctl --user stop "$unit" >/dev/null 2>&1 || true
    fi
    rm -f "$units/$unit" "$units/default.target.wants/$unit"
    user_systemd && systemctl --user daemon-reload >/dev/null 2>&1 || true
    rmdir "$units/default.target.wants" "$units" "${units%/user}" 2>/dev/null || true
  fi
  if command -v crontab >/dev/null 2>&1 && crontab -l 2>/dev/null | grep -qxF -- "$cron_line"; then
    lines=$(other_cron_lines) || return 0
    if [ -n "$lines" ]; then printf '%s\n' "$lines" | crontab -; else crontab -r; fi
  fi
}
)sh";

}  // namespace longship::node_scripts
