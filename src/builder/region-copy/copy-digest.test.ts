import { expect, it } from "vitest";
import { image, snapshot } from "../../../tests/support/builder/api-objects.ts";
import { scriptedApi } from "../../../tests/support/outscale/scripted-api.ts";
import type { Image } from "../../outscale/oapi.ts";
import { copyDigest } from "./copy-digest.ts";
import type { CopyLook } from "./register-copy.ts";

const nobody = { accountIds: [], isPublic: false };
const some = { accountIds: ["222222222222", "111111111111"], isPublic: false };
const everybody = { accountIds: [], isPublic: true };
const made = image({ ImageName: "web", Tags: [{ Key: "outscale-chroot:inputs", Value: "v1-abc/ami-0a1b2c3d" }] });
const granted = { AccountIds: ["111111111111", "222222222222"], GlobalPermission: false };

type Look = Partial<Pick<CopyLook, "name" | "launch" | "createVolume">>;

it.each<[string, string | undefined, Partial<Image>, Look]>([
  ["the same for nobody else", "v1-abc", {}, {}],
  ["the same for the same accounts", "v1-abc", { PermissionsToLaunch: granted }, { launch: some }],
  [
    "the same for everybody",
    "v1-abc",
    { PermissionsToLaunch: { ...granted, GlobalPermission: true } },
    { launch: everybody },
  ],
  ["of an OMI without a digest", undefined, { Tags: [] }, {}],
  ["of an OMI with another one's", undefined, { ImageId: "ami-ffffffff" }, {}],
  ["under another name", undefined, {}, { name: "web-2" }],
  ["for others, too", undefined, {}, { launch: some }],
  ["for fewer", undefined, { PermissionsToLaunch: granted }, {}],
  ["whose root others may use", undefined, {}, { createVolume: everybody }],
])("copyDigest() of a copy %s is %s", async (_case, expected, changes, look) => {
  const { api } = scriptedApi({ readSnapshots: () => ({ Snapshots: [snapshot()] }) });
  const { signal } = new AbortController();
  const wanted = { name: "web", launch: nobody, createVolume: nobody, ...look };
  expect(await copyDigest({ api }, { image: { ...made, ...changes }, look: wanted, signal })).toBe(expected);
});
