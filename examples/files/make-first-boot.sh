#!/bin/sh -eu
# What belongs to one machine, each VM makes at its first boot: machine id, host name and SSH host keys.

systemctl enable systemd-networkd

mkdir -p /etc/systemd/system/ssh.service.d
cat >/etc/systemd/system/ssh.service.d/host-keys.conf <<UNIT
[Service]
ExecStartPre=
ExecStartPre=/usr/bin/ssh-keygen -A
ExecStartPre=/usr/sbin/sshd -t
UNIT

echo localhost >/etc/hostname
echo "127.0.0.1 localhost" >/etc/hosts
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*

apt-get clean
rm -rf /var/lib/apt/lists/*
