[ -d /run/systemd/system ] || exit 0
systemctl stop trustcast-service.service
