import { describe, expect, it } from "vitest";
import { image } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { ConfigError } from "../../common/errors.ts";
import { findSourceOmi } from "./source-omi-info.ts";

const older = image({ ImageId: "ami-older", CreationDate: "2025-01-01T00:00:00.000Z" });
const newer = image({ ImageId: "ami-newer", CreationDate: "2026-02-01T00:00:00.000Z" });
const filter = {
  source_omi: undefined,
  source_omi_filter: { filters: { "image-name": "Debian-*" }, owners: ["self"] },
};

describe("findSourceOmi()", () => {
  it("asks for source_omi by its id", async () => {
    await using fake = await fakeBuild({ api: { readImages: () => ({ Images: [image()] }) } });
    expect(await findSourceOmi(fake.build)).toMatchObject({ ImageId: "ami-0a1b2c3d" });
    expect(fake.calls).toEqual([["readImages", { Filters: { ImageIds: ["ami-0a1b2c3d"] }, ResultsPerPage: 1000 }]]);
    expect(fake.ui.lines).toEqual(["say: Finding the source OMI...", "message: Found ami-0a1b2c3d: Debian"]);
  });

  it("asks for what the filter says, of the account's own OMIs", async () => {
    await using fake = await fakeBuild({ config: filter, api: { readImages: () => ({ Images: [older] }) } });
    expect(await findSourceOmi(fake.build)).toBe(older);
    expect(fake.calls).toEqual([
      [
        "readImages",
        {
          Filters: { ImageNames: ["Debian-*"], AccountIds: ["123456789012"], States: ["available"] },
          ResultsPerPage: 1000,
        },
      ],
    ]);
  });

  it("reads every page", async () => {
    const pages = [{ Images: [older], NextPageToken: "more" }, { Images: [newer] }];
    const source_omi_filter = { ...filter.source_omi_filter, most_recent: true };
    await using fake = await fakeBuild({
      config: { ...filter, source_omi_filter },
      api: { readImages: () => pages.shift() },
    });
    expect(await findSourceOmi(fake.build)).toBe(newer);
    expect(fake.calls.map(([, request]) => request)).toMatchObject([{}, { NextPageToken: "more" }]);
  });

  it.each([
    ["nothing", [], "no available OMI was found for ami-0a1b2c3d"],
    ["one that is not ready", [image({ State: "pending" })], 'ami-0a1b2c3d is "pending", not "available"'],
  ])("refuses %s", async (_what, Images, message) => {
    await using fake = await fakeBuild({ api: { readImages: () => ({ Images }) } });
    const failure = await findSourceOmi(fake.build).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as Error).message).toContain(message);
  });
});

describe("findSourceOmi() with several candidates", () => {
  it("does not choose between them without most_recent, and names the newest five", async () => {
    const Images = Array.from({ length: 7 }, (_, index) =>
      image({ ImageId: `ami-${index}`, CreationDate: `2026-01-0${index + 1}T00:00:00.000Z` }),
    );
    await using fake = await fakeBuild({ config: filter, api: { readImages: () => ({ Images }) } });
    await expect(findSourceOmi(fake.build)).rejects.toThrow(
      "7 OMIs match: ami-6 (Debian), ami-5 (Debian), ami-4 (Debian), ami-3 (Debian), ami-2 (Debian), ...",
    );
  });
});
