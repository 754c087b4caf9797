import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage, fakeRoot } from "../../../tests/support/builder/fake-image.ts";
import { LeftoverError } from "../../common/errors.ts";
import { cleanUpEarly } from "./early-cleanup.ts";

const image = { image: fakeImage({ folder: "/mnt/image" }), root: fakeRoot(), rootOnly: 1 };

describe("cleanUpEarly()", () => {
  it("releases what is mounted, newest first, and leaves nothing for the end", async () => {
    await using fake = await fakeBuild();
    const released: string[] = [];
    for (const name of ["root", "/dev", "resolv.conf"]) fake.scope.defer(name, async () => void released.push(name));
    await cleanUpEarly(fake.build, { ...image, mounted: fake.scope });
    expect(released).toEqual(["resolv.conf", "/dev", "root"]);
    expect(fake.scope.size).toBe(0);
  });

  it("stops the build when something stays mounted, after it has tried the rest", async () => {
    await using fake = await fakeBuild();
    const released: string[] = [];
    fake.scope.defer("root", async () => void released.push("root"));
    fake.scope.defer("Unmounting /mnt/dev", async () => {
      throw new LeftoverError("busy", { leftovers: ["/mnt/dev, held by pid 1"] });
    });
    const failure = await cleanUpEarly(fake.build, { ...image, mounted: fake.scope }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ step: "StepEarlyCleanup", leftovers: ["/mnt/dev, held by pid 1"] });
    expect(released).toEqual(["root"]);
    expect(fake.ui.of("error")).toEqual(["Unmounting /mnt/dev failed: busy"]);
  });
});
