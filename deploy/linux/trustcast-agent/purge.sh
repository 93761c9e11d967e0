rm -f /etc/systemd/system/multi-user.target.wants/trustcast-agent.path
rm -f /etc/systemd/system/multi-user.target.wants/trustcast-agent.service
for file in /etc/systemd/system/*.service.d/50-trustcast.conf; do
  if grep -qs '^# Written by trustcast-agent install-jvm' "$file"; then
    rm -f "$file"
    rmdir --ignore-fail-on-non-empty "${file%/*}"
  fi
done
# JVMs keep the set that they have loaded until they end.
rm -rf /var/lib/trustcast
[ ! -d /etc/trustcast ] || rmdir --ignore-fail-on-non-empty /etc/trustcast
