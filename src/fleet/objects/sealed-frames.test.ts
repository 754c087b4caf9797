import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeKeyText, parseKeys } from "../seal/fleet-key.ts";
import { Sealer } from "../seal/seal.ts";
import type { BookedObject } from "./object-book.ts";
import { openFrames, SEALED_FRAME_BYTES, SealedFile, sealedBytes } from "./sealed-frames.ts";

const MIB = 1024 ** 2;
const content = randomBytes(2 * MIB + 777);
const object: BookedObject = { name: "a".repeat(32), address: "b".repeat(64), bucket: "images", key: "k" };

function queueOf(sealer: Sealer) {
  const about = (subject: string, number: number) => ({ purpose: "object", queue: "q", subject, number }) as const;
  return {
    sealBytes: (bytes: Buffer, subject: string, number: number) => sealer.sealBytes(bytes, about(subject, number)),
    openBytes: (bytes: Buffer, subject: string, number: number) =>
      sealer.openBytes(bytes, about(subject, number)).content,
  };
}
const queue = queueOf(new Sealer(parseKeys(makeKeyText(), "test"), Date.now));

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "frames-"));
  path = join(folder, "disk.img");
  writeFileSync(path, content);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The object as it is sent, in parts of so many frames. */
async function sealAll(frames = 2, of = object): Promise<Buffer> {
  await using file = await open(path);
  const source = new SealedFile(file, content.length, queue, of);
  const size = frames * SEALED_FRAME_BYTES;
  const starts = Array.from({ length: Math.ceil(source.sizeBytes / size) }, (_, index) => index * size);
  const parts = await Promise.all(starts.map((start) => source.read(start, Math.min(size, source.sizeBytes - start))));
  const all = Buffer.concat(parts);
  expect(all.length).toBe(source.sizeBytes);
  expect(source.sha256()).toBe(createHash("sha256").update(content).digest("hex"));
  return all;
}

async function openAll(sealed: Buffer, pieceBytes = 100_000, of = object, bytes = content.length): Promise<Buffer> {
  async function* pieces() {
    for (let at = 0; at < sealed.length; at += pieceBytes) yield sealed.subarray(at, at + pieceBytes);
  }
  const found: Buffer[] = [];
  for await (const piece of openFrames(pieces(), { queue, object: of, bytes })) found.push(piece);
  return Buffer.concat(found);
}

describe("SealedFile and openFrames()", () => {
  it.each([1, 2, 3])("give back what was sealed, in parts of %d frames and pieces of any size", async (frames) => {
    const sealed = await sealAll(frames);
    expect(sealed.length).toBe(sealedBytes(content.length));
    expect(sealed.includes(content.subarray(0, 64))).toBe(false);
    for (const pieceBytes of [4_096, 65_537, SEALED_FRAME_BYTES, 10 * MIB])
      expect((await openAll(sealed, pieceBytes)).equals(content)).toBe(true);
  });

  it("refuse what was changed, swapped, cut off, made longer, or is of another object", async () => {
    const sealed = await sealAll();
    const frame = (at: number) => sealed.subarray(at * SEALED_FRAME_BYTES, (at + 1) * SEALED_FRAME_BYTES);
    const changed = Buffer.from(sealed);
    changed[MIB] = (changed[MIB] ?? 0) ^ 1;
    await expect(openAll(changed)).rejects.toThrow('"images/k" is not what was sent');
    await expect(openAll(Buffer.concat([frame(1), frame(0), frame(2)]))).rejects.toThrow("is not what was sent");
    for (const length of [0, 1, SEALED_FRAME_BYTES, 2 * SEALED_FRAME_BYTES, sealed.length - 1])
      await expect(openAll(sealed.subarray(0, length)), String(length)).rejects.toThrow("is cut off");
    await expect(openAll(Buffer.concat([sealed, Buffer.from("x")]))).rejects.toThrow("is longer than it was");
    await expect(openAll(Buffer.concat([sealed, frame(2)]), SEALED_FRAME_BYTES)).rejects.toThrow("longer");
    await expect(openAll(sealed, 65_536, { ...object, name: "c".repeat(32) })).rejects.toThrow("is not what was sent");
    await expect(openAll(sealed, 65_536, { ...object, address: "c".repeat(64) })).rejects.toThrow(
      "is not what was sent",
    );
    const stranger = queueOf(new Sealer(parseKeys(makeKeyText(), "test"), Date.now));
    const forged = stranger.sealBytes(content.subarray(0, MIB), `${object.address}.${object.name}`, 0);
    await expect(openAll(Buffer.concat([forged, frame(1), frame(2)]))).rejects.toThrow("is not what was sent");
  });

  it("gives less than was asked for when the file has become shorter", async () => {
    await using file = await open(path);
    const source = new SealedFile(file, content.length, queue, object);
    truncateSync(path, MIB + 5);
    expect((await source.read(0, source.sizeBytes)).length).toBe(SEALED_FRAME_BYTES);
  });
});
