import { type FileHandle, open } from "node:fs/promises";
import { vi } from "vitest";

/** How far a line of a journal comes on a disk that is full: half of it is there, or all of it, and not for good. */
export const reaches = ["half a line", "a line without its sync"] as const;

/** Until it is let go, every file that this process writes by its handle is on a disk that is full. */
export async function fillDisk(reach: (typeof reaches)[number] = "half a line"): Promise<Disposable> {
  const noSpace = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const fail = async () => {
    throw noSpace();
  };
  const handles = await handlePrototype();
  const appendHalf = async function (this: FileHandle, content: unknown) {
    await this.write(String(content).slice(0, String(content).length / 2));
    throw noSpace();
  };
  const spies = [
    vi.spyOn(handles, "writeFile").mockImplementation(fail),
    reach === "half a line"
      ? vi.spyOn(handles, "appendFile").mockImplementation(appendHalf)
      : vi.spyOn(handles, "datasync").mockImplementation(fail),
  ];
  return {
    [Symbol.dispose]: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

async function handlePrototype(): Promise<FileHandle> {
  await using file = await open("/dev/null");
  return Object.getPrototypeOf(file);
}
