import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import { fmt } from "./fmt.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fmt-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe("fmt", () => {
  it("leaves a template as it was when the disk is full", async () => {
    const path = join(folder, "web.pkr.hcl");
    writeFileSync(path, "locals {\na=1\n}\n");
    const file = await open(path);
    const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    vi.spyOn(Object.getPrototypeOf(file), "writeFile").mockRejectedValue(full);
    await file.close();
    const running = fmt.run({ argv: [path], io: recordingIo(), runPlugin: async () => 0 });
    await expect(running).rejects.toThrow("ENOSPC");
    expect(readFileSync(path, "utf8")).toBe("locals {\na=1\n}\n");
  });
});
