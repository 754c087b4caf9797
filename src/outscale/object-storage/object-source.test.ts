import { mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fileSource } from "./object-source.ts";

it("fileSource() reads any part of a file, as often as it is asked, and less of one that was cut", async () => {
  const folder = await mkdtemp(join(tmpdir(), "object-source-"));
  try {
    const path = join(folder, "disk");
    await writeFile(path, "0123456789");
    await using file = await open(path);
    const source = await fileSource(file);
    expect(source.sizeBytes).toBe(10);
    for (const _ of [1, 2]) expect(Buffer.from(await source.read(3, 4)).toString()).toBe("3456");
    await truncate(path, 5);
    expect(Buffer.from(await source.read(3, 4)).toString()).toBe("34");
  } finally {
    await rm(folder, { recursive: true });
  }
});
