# Bakes an OMI from a public one: a script runs inside the image, and a file is put there.
#
#   outscale-chroot build --local examples/quickstart.pkr.hcl

source "outscale-chroot" "debian" {
  # Names are unique in an account: this one says when it was baked.
  omi_name = "quickstart-${formatdate("YYYYMMDD-hhmmss", timestamp())}"

  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }

  # The local cloud's Debian has a shell and no kernel, so there is no boot loader to check.
  boot_check = "off"
}

build {
  sources = ["source.outscale-chroot.debian"]

  provisioner "shell" {
    inline = ["mkdir -p /srv/www", "echo \"Baked on $(date)\" > /etc/motd"]
  }

  provisioner "file" {
    content     = "<h1>Baked without a VM</h1>\n"
    destination = "/srv/www/index.html"
  }
}
