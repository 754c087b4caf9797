#!/bin/sh -eu
# Adds the security and update suites to the one that debootstrap knows, and installs what they have.

mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)
suite=$(awk '$1 == "deb" { print $3; exit }' /etc/apt/sources.list)

cat >/etc/apt/sources.list <<LIST
deb ${mirror%/} $suite main
deb ${mirror%/} $suite-updates main
deb ${SECURITY_MIRROR:-${mirror%/}-security} $suite-security main
LIST

apt-get update -q
apt-get upgrade -qy
