import { describe, expect, it } from "vitest";
import { UsageError } from "../common/errors.ts";
import { bundleBucket } from "./fleet-flags.ts";

const none = {
  "bundle-bucket": undefined,
  "bundle-prefix": undefined,
  "bundle-profile": undefined,
  "bundle-bucket-limit": undefined,
};

describe("bundleBucket()", () => {
  it("is none when none is named, whatever variables say of one", () => {
    const env = { OUTSCALE_CHROOT_BUNDLE_PREFIX: "a", OUTSCALE_CHROOT_BUNDLE_PROFILE: "b" };
    expect(bundleBucket(none, env)).toBeUndefined();
    expect(bundleBucket(none, { OUTSCALE_CHROOT_BUNDLE_BUCKET: "" })).toBeUndefined();
  });

  it.each(["bundle-prefix", "bundle-profile", "bundle-bucket-limit"] as const)("refuses -%s without one", (name) => {
    const flags = { ...none, [name]: "7" };
    expect(() => bundleBucket(flags, {})).toThrow(UsageError);
    expect(() => bundleBucket(flags, {})).toThrow(`-${name} needs a bucket`);
    for (const bucket of [
      bundleBucket({ ...flags, "bundle-bucket": "bundles" }, {}),
      bundleBucket(flags, { OUTSCALE_CHROOT_BUNDLE_BUCKET: "bundles" }),
    ])
      expect(bucket).toMatchObject({ bucket: "bundles" });
  });
});
