import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { BuildEvent } from "../../src/builder/events.ts";
import { CancelledError } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { type Bakery, openBakery } from "../support/bake/bake.ts";
import { ImageOwner, rootOn } from "../support/bake/image-owner.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();

describe("StepSourceOMIInfo", () => {
  let bakery: Bakery;
  let own: ImageOwner;
  let other: ImageOwner;
  let calls: RecordedCalls;
  /** Ids by name: `web-1`, `web-2` (newer, UEFI, tagged) and `database` of the builder, `web-3` of another account. */
  const ids = new Map<string, string>();
  const idOf = (name: string) => ids.get(name) ?? "";

  beforeAll(async () => {
    bakery = await openBakery("source-search-test");
    own = new ImageOwner(bakery, "builder");
    other = new ImageOwner(bakery, "other");
    const mappings = [rootOn(await own.snapshot())];
    const mine = (ImageName: string, more = {}) =>
      own.register({ ImageName, BlockDeviceMappings: mappings, Description: `About ${ImageName}`, ...more });
    for (const image of [
      await mine("web-1", { ProductCodes: ["0002"] }),
      await mine("web-2", { BootModes: ["uefi"], TpmMandatory: true }),
      await mine("database"),
      await other.register({ ImageName: "web-3" }),
    ]) {
      ids.set(image.ImageName, image.ImageId);
    }
    await own.api.createTags({ ResourceIds: [idOf("web-2")], Tags: [{ Key: "Stage", Value: "prod" }] });
    await other.shareImage(idOf("web-3"));
  });
  afterAll(async () => {
    await own.api[Symbol.asyncDispose]();
    await other.api[Symbol.asyncDispose]();
    await bakery.close();
  });
  beforeEach(() => {
    calls = new RecordedCalls(bakery);
  });

  /** The name of what a build would start from; the build is cancelled as soon as it knows. */
  const find = async (source: RawConfig): Promise<string | undefined> => {
    const controller = new AbortController();
    const ui = new RecordingUi();
    const onEvent = (event: BuildEvent) => {
      if (event.type === "step-ended" && event.step === "StepSourceOMIInfo") controller.abort();
    };
    const build = bakery.bake({ ...source, omi_name: "never" }, { signal: controller.signal, ui, onEvent });
    await build.catch((error: unknown) => {
      if (!(error instanceof CancelledError)) throw error;
    });
    return /^Found ami-[0-9a-f]+: (.+)$/m.exec(ui.of("message").join("\n"))?.[1];
  };
  const filtered = (filters: RawConfig, more: RawConfig = {}) =>
    find({ source_omi_filter: { filters, owners: ["self"], ...more } });

  it("takes source_omi as it is", async () => {
    expect(await find({ source_omi: idOf("database") })).toBe("database");
    expect(calls.of("ReadImages")[0]?.Filters).toEqual({ ImageIds: [idOf("database")] });
  });

  it.each<[RawConfig, string]>([
    [{ "image-name": "web-1" }, "web-1"],
    [{ name: "d*" }, "database"],
    [{ description: "About database" }, "database"],
    [{ "product-codes": "0002" }, "web-1"],
    [{ "boot-mode": "uefi" }, "web-2"],
    [{ "tpm-mandatory": "true" }, "web-2"],
    [{ "tag:Stage": "prod" }, "web-2"],
    [{ "tag-key": "Stage", "image-names": ["web-1", "web-2"] }, "web-2"],
    [{ state: "available", name: "web-1", "virtualization-type": "hvm", "root-device-type": "ebs" }, "web-1"],
  ])("finds by %j", async (filters, name) => {
    expect(await filtered(filters)).toBe(name);
  });

  it("finds an OMI of each kind of owner", async () => {
    const byOwner = (owners: string[], name: string) =>
      find({ source_omi_filter: { filters: { name }, owners, most_recent: true } });
    expect(await byOwner(["self"], "web-*")).toBe("web-2");
    expect(await byOwner([other.accountId], "web-*")).toBe("web-3");
    expect(await byOwner(["Outscale"], "Debian-12-*")).toBe("Debian-12-2026.01.01-0");
    expect(await byOwner(["Outscale", "self", other.accountId], "*")).toBe("web-3");
    expect(await find({ source_omi_filter: { filters: { name: "web-*", "owner-id": other.accountId } } })).toBe(
      "web-3",
    );
  });

  it("lets source_omi pin what a filter finds, and the filter hold for source_omi", async () => {
    const filter = { filters: { name: "web-*" }, owners: ["self"] };
    expect(await find({ source_omi: idOf("web-1"), source_omi_filter: filter })).toBe("web-1");
    await expect(find({ source_omi: idOf("database"), source_omi_filter: filter })).rejects.toThrow(
      `no available OMI was found for ${idOf("database")} that passes the filter`,
    );
  });

  it("does not choose among several without most_recent", async () => {
    await expect(filtered({ name: "web-*" })).rejects.toThrow(/2 OMIs match: .*web-2.*web-1/);
    expect(await filtered({ name: "web-*" }, { most_recent: true })).toBe("web-2");
  });

  it("says what was looked for when there is none", async () => {
    await expect(filtered({ name: "mail-*" })).rejects.toThrow(/no available OMI .*mail-\*.*owned by self/);
    await expect(find({ source_omi: "ami-00000000" })).rejects.toThrow("no available OMI was found for ami-00000000");
  });

  it("takes only images that are available", async () => {
    bakery.cloud.faults.add({ kind: "stuck", transition: "image.pending" });
    const { Images } = await own.api.readImages({ Filters: { ImageIds: [idOf("database")] } });
    const request = { ImageName: "web-pending", SourceImageId: Images[0]?.ImageId, SourceRegionName: "eu-west-2" };
    const { Image } = await own.api.createImage(request);
    try {
      expect(await filtered({ name: "web-*" }, { most_recent: true })).toBe("web-2");
      await expect(find({ source_omi: Image.ImageId })).rejects.toThrow(`${Image.ImageId} is "pending"`);
    } finally {
      bakery.cloud.faults.clear();
    }
  });

  it("reads every page", async () => {
    const mappings = [rootOn(await own.snapshot())];
    const names = Array.from({ length: 1001 }, (_, index) => `page-${index}`);
    while (names.length > 0) {
      const some = names.splice(0, 100);
      await Promise.all(some.map((ImageName) => own.api.createImage({ ImageName, BlockDeviceMappings: mappings })));
    }
    await own.api.createImage({ ImageName: "page-last", BlockDeviceMappings: mappings });
    calls = new RecordedCalls(bakery);
    expect(await filtered({ name: "page-*" }, { most_recent: true })).toBe("page-last");
    const [first, second, ...others] = calls.of("ReadImages");
    expect(first).toMatchObject({ ResultsPerPage: 1000 });
    expect(second).toMatchObject({ ResultsPerPage: 1000, NextPageToken: expect.any(String) });
    expect(others).toEqual([]);
  });
});
