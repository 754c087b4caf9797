import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage } from "../../../tests/support/builder/fake-image.ts";
import { TransferError } from "../../chroot/transfer-error.ts";
import { copyFiles } from "./copy-files.ts";

/** A build that lends its image one file of the test's own folder. @returns the file and its place in the image */
async function lend(content: string | undefined, inImage: string | undefined) {
  const fake = await fakeBuild({ config: { quiet_services: false } });
  const file = join(fake.folder, "hosts");
  const folder = join(fake.folder, "image");
  const place = join(folder, file);
  mkdirSync(join(folder, fake.folder), { recursive: true });
  if (content !== undefined) writeFileSync(file, content);
  if (inImage !== undefined) writeFileSync(place, inImage);
  const build = { ...fake.build, config: { ...fake.build.config, copyFiles: [file] } };
  return { fake, build, file, place, image: fakeImage({ folder }) };
}

describe("copyFiles()", () => {
  it("lends the file, and puts back what was there", async () => {
    const { fake, build, file, place, image } = await lend("of this VM", "of the image");
    await using _ = fake;
    await copyFiles(build, { image, mounted: fake.scope });
    expect(readFileSync(place, "utf8")).toBe("of this VM");
    expect(fake.ui.lines).toEqual(["say: Copying files from this VM into the chroot...", `message: ${file}`]);
    await fake.scope[Symbol.asyncDispose]();
    expect(readFileSync(place, "utf8")).toBe("of the image");
  });

  it("removes it again where nothing was", async () => {
    const { fake, build, place, image } = await lend("of this VM", undefined);
    await using _ = fake;
    await copyFiles(build, { image, mounted: fake.scope });
    await fake.scope[Symbol.asyncDispose]();
    expect(existsSync(place)).toBe(false);
  });

  it("leaves what provisioning wrote, and says so", async () => {
    const { fake, build, file, place, image } = await lend("of this VM", "of the image");
    await using _ = fake;
    await copyFiles(build, { image, mounted: fake.scope });
    writeFileSync(place, "of a provisioner");
    await fake.scope[Symbol.asyncDispose]();
    expect(readFileSync(place, "utf8")).toBe("of a provisioner");
    expect(fake.ui.of("message")).toContain(`${file} stays as provisioning left it`);
  });

  it("says which file this VM does not have", async () => {
    const { fake, build, image } = await lend(undefined, undefined);
    await using _ = fake;
    await expect(copyFiles(build, { image, mounted: fake.scope })).rejects.toThrow(TransferError);
    expect(fake.scope.size).toBe(0);
  });

  it("lends nothing with copy_files = []", async () => {
    await using fake = await fakeBuild({ config: { copy_files: [], quiet_services: false } });
    await copyFiles(fake.build, { image: fakeImage({ folder: fake.folder }), mounted: fake.scope });
    expect([fake.scope.size, fake.ui.lines]).toEqual([0, []]);
  });
});
