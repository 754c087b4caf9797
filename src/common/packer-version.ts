/** The version of Packer whose templates we read: what `packer.version` says and `required_version` is checked against. */
export const PACKER_VERSION = "1.16.0";
