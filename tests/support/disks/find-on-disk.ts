import { open } from "node:fs/promises";

const WINDOW_BYTES = 4 * 1024 * 1024;

/** Which of some texts are anywhere on a disk, also in blocks that no file has any more. */
export async function findOnDisk(disk: string, texts: readonly string[]): Promise<string[]> {
  const longest = Math.max(...texts.map((text) => Buffer.byteLength(text)));
  const window = Buffer.alloc(WINDOW_BYTES);
  const found = new Set<string>();
  await using file = await open(disk, "r");
  // Windows overlap, so that a text is found that lies on the border of two.
  for (let position = 0; ; position += WINDOW_BYTES - longest) {
    const { bytesRead } = await file.read(window, 0, WINDOW_BYTES, position);
    for (const text of texts) if (window.subarray(0, bytesRead).includes(text)) found.add(text);
    if (bytesRead < WINDOW_BYTES) return texts.filter((text) => found.has(text));
  }
}
