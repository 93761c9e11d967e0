rm -f /etc/systemd/system/multi-user.target.wants/trustcast-service.service
# The signing key cannot be made again, and credentials are the operator's: both stay, with the user that owns them.
[ ! -d /var/lib/trustcast-service ] || rmdir --ignore-fail-on-non-empty /var/lib/trustcast-service
[ ! -d /etc/trustcast/credentials ] || rmdir --ignore-fail-on-non-empty /etc/trustcast/credentials
[ ! -d /etc/trustcast ] || rmdir --ignore-fail-on-non-empty /etc/trustcast
if [ ! -d /var/lib/trustcast-service ] && getent passwd trustcast >/dev/null; then
  userdel trustcast
fi
