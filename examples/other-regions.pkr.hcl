# One OMI, built here and published in another region too, by way of a bucket. Each region has an account and keys of its
# own: a profile that is called like the region, one that region_profiles names, or OSC_ACCESS_KEY_US_EAST_2 and
# OSC_SECRET_KEY_US_EAST_2 in the environment.
#
#   outscale-chroot local-cloud start -regions eu-west-2,us-east-2 -detach   # once, for --local: it keeps its regions
#   outscale-chroot build --local examples/other-regions.pkr.hcl

variable "regions" {
  type    = list(string)
  default = ["us-east-2"]
}

variable "bucket" {
  type    = string
  default = "omi-copies"
}

source "outscale-chroot" "web" {
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
  omi_name   = "web-${formatdate("YYYYMMDD-hhmmss", timestamp())}"
  tags       = { Role = "web" }
  boot_check = "off" # as in quickstart.pkr.hcl

  omi_regions = var.regions
  region_copy {
    bucket        = var.bucket
    create_bucket = true
  }
}

build {
  sources = ["source.outscale-chroot.web"]

  provisioner "shell" {
    inline = ["date > /etc/built"]
  }

  # The artifact has every region: eu-west-2:ami-1a2b3c4d,us-east-2:ami-5e6f7a8b
  post-processor "manifest" {
    output = "omis.json"
  }
}
