import { z } from "zod";
import { keyPrefix, keyPrefixRule } from "../key-prefix.ts";
import { option, pattern } from "../option.ts";

/** As the service names its regions, and nothing that would be another address: `api.REGION.outscale.com`. */
const regionName = pattern(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a region such as "us-east-2"');
const bucketName = pattern(
  /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  "a bucket's name: 3 to 63 lower-case letters, digits and hyphens",
);
const prefix = pattern(keyPrefix, keyPrefixRule);

const regionCopy = z.strictObject({
  bucket: option(bucketName.optional(), {
    about: "The bucket of the account, in its own region, through which the copies go.",
    example: '"acme-images"',
    required: "with another region in `omi_regions`",
  }),
  prefix: option(prefix.default("outscale-chroot"), {
    about: "What the names of the exported objects begin with. The run's id follows.",
    example: '"exports/web"',
  }),
  method: option(z.enum(["image", "snapshots"]).default("image"), {
    about:
      "`image` exports the OMI as a whole, with a manifest that has its product codes. `snapshots` exports its disks alone, which is " +
      "quicker with several; an OMI with other product codes than `0001` is refused then.",
    example: '"snapshots"',
  }),
  create_bucket: option(z.boolean().default(false), {
    about: "Makes the bucket when it is not there. It goes again when it is empty after the copies.",
    example: "true",
  }),
  keep_objects: option(z.boolean().default(false), {
    about:
      "Leaves the exported objects in the bucket: manifest and compressed disks, for as long as they are paid for.",
    example: "true",
  }),
});

/** Where else the OMI is published, and by which way. */
export const regionOptions = {
  omi_regions: option(z.array(regionName).default([]), {
    about:
      "Regions that are to have the OMI besides the account's own. It is exported once, by way of `region_copy`'s bucket, and imported " +
      "into all of them at the same time, each with credentials of its own: see [other regions](other-regions.md). A region that " +
      "the service does not know is refused, unless `skip_region_validation` is set.",
    example: '["us-east-2"]',
  }),
  region_profiles: option(z.record(z.string(), z.string().min(1, "must not be empty")).default({}), {
    about:
      "The profile with the credentials of each region in `omi_regions`. A region that is not in it takes " +
      "`OSC_ACCESS_KEY_US_EAST_2` and `OSC_SECRET_KEY_US_EAST_2` (its name in capitals), or else the profile that is called like the region.",
    example: '{ "us-east-2" = "prod-us" }',
  }),
  region_copy: option(regionCopy.prefault({}), {
    about: "How the OMI gets to the other regions.",
    example: '{\n  bucket = "acme-images"\n}',
    block: "single",
  }),
} as const;
