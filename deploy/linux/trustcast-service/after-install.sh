if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers trustcast-service.conf
elif ! getent passwd trustcast >/dev/null; then
  useradd --system --user-group --home-dir /var/lib/trustcast-service --no-create-home --shell /usr/sbin/nologin trustcast
fi
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemctl try-restart trustcast-service.service
