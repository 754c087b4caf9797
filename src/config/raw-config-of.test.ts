import { expect, it } from "vitest";
import { rawConfigOf } from "./raw-config-of.ts";

it("rawConfigOf() leaves out what is undefined, also inside blocks", () => {
  const raw = rawConfigOf({
    omi_name: "web",
    region: undefined,
    force_deregister: false,
    copy_files: [],
    source_omi_filter: { filters: { "image-name": "Debian-*" }, most_recent: undefined },
    omi_block_device_mappings: [{ device_name: "/dev/xvdb", volume_size: undefined }],
  });
  expect(raw).toStrictEqual({
    omi_name: "web",
    force_deregister: false,
    copy_files: [],
    source_omi_filter: { filters: { "image-name": "Debian-*" } },
    omi_block_device_mappings: [{ device_name: "/dev/xvdb" }],
  });
});
