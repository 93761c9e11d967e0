[ -d /run/systemd/system ] || exit 0
systemctl stop trustcast-agent.path trustcast-agent.service
