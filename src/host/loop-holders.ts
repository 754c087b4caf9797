import { z } from "zod";
import { hostRunner } from "./run-command.ts";

/** A loop device that keeps a file system busy, as its file lies there. No process holds it. */
export interface LoopHolder {
  /** `/dev/loop7` */
  readonly device: string;
  readonly file: string;
}

/** Of a device that somebody lets go of at this moment, any part may be missing. */
const cell = z.string().nullable();
const table = z.object({
  loopdevices: z.array(z.object({ name: cell, "back-maj:min": cell, "back-file": cell })),
});

/**
 * The loop devices whose files lie on these file systems.
 * @param devices `MAJOR:MINOR` of the superblocks, as stat(2) has them
 * @returns none where there is no losetup(8), or one that tells no numbers
 */
export async function findLoopHolders(devices: ReadonlySet<string>): Promise<LoopHolder[]> {
  const argv = ["losetup", "--list", "--json", "--output", "NAME,BACK-MAJ:MIN,BACK-FILE"];
  const text = await hostRunner()
    .run(argv)
    .then(
      ({ stdout }) => stdout,
      () => "",
    );
  return parseLoopTable(text)
    .filter(({ number }) => devices.has(number))
    .map(({ device, file }) => ({ device, file }));
}

/** What losetup(8) says; it pads its numbers, and says nothing when there is no loop device. */
export function parseLoopTable(text: string): (LoopHolder & { readonly number: string })[] {
  if (text.trim() === "") return [];
  return table.parse(JSON.parse(text)).loopdevices.flatMap((each) => {
    const { name: device, "back-maj:min": number, "back-file": file } = each;
    return device === null || number === null ? [] : { device, file: file ?? "?", number: number.trim() };
  });
}

/** On one line, with what lets go of it. */
export function describeLoopHolder({ device, file }: LoopHolder): string {
  return `the loop device ${device}: its file is ${file} (free it: losetup --detach ${device})`;
}
