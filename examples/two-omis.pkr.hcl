# Two OMIs of one template, built at the same time: what is common is written once, `only` says what is for one of them.
#
#   outscale-chroot build --local examples/two-omis.pkr.hcl
#   outscale-chroot build --local -only='*.worker' examples/two-omis.pkr.hcl

locals {
  version = formatdate("YYYYMMDD-hhmmss", timestamp())
}

source "outscale-chroot" "web" {
  omi_name = "web-${local.version}"

  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }

  tags       = { Role = "web" }
  boot_check = "off" # as in quickstart.pkr.hcl
}

source "outscale-chroot" "worker" {
  omi_name         = "worker-${local.version}"
  root_volume_size = 2 # jobs need room: the root file system grows

  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }

  tags       = { Role = "worker" }
  boot_check = "off"
}

build {
  sources = ["source.outscale-chroot.web", "source.outscale-chroot.worker"]

  provisioner "shell" {
    environment_vars = ["ROLE=${source.name}"]
    inline           = ["echo \"$ROLE ${local.version}\" > /etc/motd"]
  }

  provisioner "file" {
    only        = ["outscale-chroot.web"]
    source      = "${path.root}/files/index.html"
    destination = "/srv/index.html"
  }

  provisioner "shell" {
    only   = ["outscale-chroot.worker"]
    inline = ["mkdir -p /srv/jobs"]
  }
}
