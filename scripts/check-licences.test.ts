import { describe, expect, it } from "vitest";
import { findSurprises, listLicences } from "./check-licences.js";

const usual = {
  "": { license: "MIT" },
  "node_modules/zod": { license: "MIT" },
  "node_modules/lightningcss": { license: "MPL-2.0", dev: true },
};

describe("findSurprises()", () => {
  it.each([
    [{}, []],
    [{ "node_modules/a": { license: "GPL-3.0" } }, [/^a has the licence GPL-3.0, which no bundled package/]],
    [{ "node_modules/a": { license: "MPL-2.0" } }, [/^a has the licence MPL-2.0/]],
    [
      { "node_modules/@s/a": { license: "SSPL-1.0", dev: true } },
      [/^@s\/a has the licence SSPL-1.0, which no package/],
    ],
    [{ "node_modules/a/node_modules/b": {} }, [/^b says nothing of its licence/]],
    [{ "node_modules/a": { license: "MIT", hasInstallScript: true } }, [/^a runs a script when it is installed/]],
  ])("of %j are %j", (packages, expected) => {
    const surprises = findSurprises({ ...usual, ...packages });
    expect(surprises).toEqual(expected.map((each) => expect.stringMatching(each)));
  });
});

describe("listLicences()", () => {
  it("counts them apart in bundles and for developers", () => {
    expect(listLicences(usual)).toEqual(["for developers: MPL-2.0: 1 (lightningcss)", "in bundles: MIT: 1 (zod)"]);
  });
});
