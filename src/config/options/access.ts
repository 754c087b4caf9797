import { z } from "zod";
import { option, pattern, vmId } from "../option.ts";

/** How the API is reached and who asks. */
export const accessOptions = {
  access_key: option(z.string().optional(), {
    about: "The access key. With `secret_key`, or neither: then the profile or `OSC_ACCESS_KEY` counts.",
    example: "var.access_key",
    defaultText: "the profile's, then `OSC_ACCESS_KEY`",
    secret: true,
  }),
  secret_key: option(z.string().optional(), {
    about: "The secret key that belongs to `access_key`.",
    example: "var.secret_key",
    defaultText: "the profile's, then `OSC_SECRET_KEY`",
    secret: true,
  }),
  region: option(z.string().optional(), {
    about:
      "The region of the account: the VM that builds, the source OMI and the new OMI are all there. " +
      "A region that is not known is refused, unless `skip_region_validation` or `custom_endpoint_oapi` is set.",
    example: '"eu-west-2"',
    defaultText: "the profile's, then `OSC_REGION`, then `eu-west-2`",
  }),
  profile: option(z.string().optional(), {
    about:
      "A profile of `~/.osc/config.json` (or of the file that `OSC_CONFIG_FILE` names). " +
      "Options of the template win over it, field by field, and it wins over the environment.",
    example: '"production"',
  }),
  custom_endpoint_oapi: option(
    pattern(/^(https?:\/\/[^\s/]+|unix:\/)/, "a full URL with http:// or https://").optional(),
    {
      about:
        "Another address of the API, as a full base URL, with or without `/api/v1` at its end; or `unix:/path` for a " +
        "socket of this machine.",
      example: '"https://api.eu-west-2.outscale.com/api/v1"',
      defaultText: "the profile's, then `OSC_ENDPOINT_API`, then that of the region",
    },
  ),
  insecure_skip_tls_verify: option(z.boolean().optional(), {
    about: "Accepts any TLS certificate of the API. For tests only: anybody who answers can read what is sent.",
    example: "true",
    defaultText: "the profile's, then `OSC_TLS_SKIP_VERIFY`, then `false`",
  }),
  x509_cert_path: option(z.string().optional(), {
    about: "The client certificate (PEM) that the access rules of some accounts demand.",
    example: '"/etc/osc/client.crt"',
    defaultText: "the profile's, then `OSC_X509_CLIENT_CERT`",
  }),
  x509_key_path: option(z.string().optional(), {
    about: "The key (PEM) of the client certificate.",
    example: '"/etc/osc/client.key"',
    defaultText: "the profile's, then `OSC_X509_CLIENT_KEY`",
  }),
  mfa_code: option(z.string().optional(), {
    about: "Accepted for old templates, with a warning. The service has no such code and it has no effect.",
    example: '"123456"',
    secret: true,
  }),
  token: option(z.string().optional(), {
    about: "Accepted for old templates, with a warning. The service has no session tokens and it has no effect.",
    example: '"t0ken"',
    secret: true,
  }),
  vm_id: option(vmId.optional(), {
    about: "The VM that this builds on. Asks the metadata service when it is not given.",
    example: '"i-1a2b3c4d"',
    defaultText: "`OUTSCALE_CHROOT_VM_ID`, then what the metadata service says",
  }),
  skip_metadata_api_check: option(z.boolean().default(false), {
    about: "Does not ask the metadata service which VM this is. Needs `vm_id`.",
    example: "true",
  }),
  metadata_endpoint: option(pattern(/^https?:\/\/[^\s/]+/, "a full URL with http:// or https://").optional(), {
    about: "Another address of the metadata service.",
    example: '"http://127.0.0.1:8775"',
    defaultText: "`OUTSCALE_CHROOT_METADATA_ENDPOINT`, then `http://169.254.169.254`",
  }),
  skip_region_validation: option(z.boolean().default(false), {
    about:
      "Accepts a `region` that this version does not know, and regions in `omi_regions` that the service does not know.",
    example: "true",
  }),
} as const;
