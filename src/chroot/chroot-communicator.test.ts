import { describe, expect, it } from "vitest";
import { folderFor } from "./chroot-communicator.ts";

describe("folderFor()", () => {
  it.each([
    ["/src/app", "/opt", "/opt/app"],
    ["/src/app/", "/opt", "/opt"],
    ["/src/app/.", "/opt", "/opt"],
    ["etc", "/tmp/down", "/tmp/down/etc"],
    ["/", "/opt", "/opt"],
  ])("has %s go to %s as %s", (source, destination, expected) => {
    expect(folderFor(source, destination)).toBe(expected);
  });
});
