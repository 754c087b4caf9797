#!/bin/sh -eu
# Adds the security and update suites to the one that debootstrap knows, and installs what they have.
# SECURITY_MIRROR (Debian's lies beside the mirror) and COMPONENTS may be given.

mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)
suite=$(awk '$1 == "deb" { print $3; exit }' /etc/apt/sources.list)
mirror=${mirror%/}
components=${COMPONENTS:-main}

cat >/etc/apt/sources.list <<LIST
deb $mirror $suite $components
deb $mirror $suite-updates $components
deb ${SECURITY_MIRROR:-$mirror-security} $suite-security $components
LIST

apt-get update -q
apt-get upgrade -qy
