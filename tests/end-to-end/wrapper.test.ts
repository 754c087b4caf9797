import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Hook } from "../../src/builder/hook.ts";
import type { LogEntry } from "../../src/common/log.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();

/** A folder that breaks every quoting that is not right. */
const NASTY = `it's "a" $HOME \`id\` é`;

describe("command_wrapper in a whole build", () => {
  let bakery: Bakery;
  let wrapper: string;
  let record: string;
  beforeAll(async () => {
    bakery = await openBakery("wrapper-build");
    wrapper = join(bakery.folder, "wrapper");
    record = join(bakery.folder, "record");
    // Words end with NUL and commands with two: argv is what is compared, not how it looks.
    await writeFile(wrapper, `#!/bin/sh\n(printf '%s\\0' "$@"; printf '\\0') >> '${record}'\nexec "$@"\n`);
    await chmod(wrapper, 0o755);
  });
  afterAll(() => bakery.close());

  const readRecord = async (): Promise<string[][]> => {
    const commands = (await readFile(record, "utf8")).split("\0\0").slice(0, -1);
    return commands.map((command) => command.split("\0"));
  };

  it("goes around every program on the host, with its words as they were", async () => {
    const mountPath = join(bakery.folder, NASTY);
    const script = `printf '%s\\n' "two words" '$HOME' > "/srv/it's here"`;
    const provision: Hook["provision"] = async ({ communicator }) => {
      expect(await communicator.start({ command: script })).toEqual({ code: 0, signal: null });
    };
    const entries: LogEntry[] = [];
    const { artifact, ui } = await bakery.bake(
      {
        ...publicSource,
        omi_name: "wrapped",
        command_wrapper: `${wrapper} {{.Command}}`,
        mount_path: mountPath,
        pre_mount_commands: [`sh -c 'printf "%s" "$1" > "$0"' ${join(bakery.folder, "pre")} "a  b"`],
        post_mount_commands: [`cp ${join(bakery.folder, "pre")} '${mountPath.replaceAll("'", `'\\''`)}/srv/post'`],
      },
      { hook: { provision }, log: { write: (entry) => void entries.push(entry) } },
    );
    expect(ui.of("error")).toEqual([]);

    const commands = await readRecord();
    const programs = new Set(commands.map(([program]) => program));
    for (const program of ["blkid", "mount", "umount", "sh", "cp"]) expect(programs).toContain(program);
    const inImage = [expect.stringMatching(/\/nsenter$/), expect.stringMatching(/\/capsh$/), "--shell=/bin/sh"];
    expect(commands).toContainEqual(expect.arrayContaining([...inImage, "-c", script]));
    expect(commands).toContainEqual(expect.arrayContaining(["mount", "--", mountPath]));
    expect(await readFile(join(bakery.folder, "pre"), "utf8")).toBe("a  b");

    // Only making the sandbox is not: the mounts of other runs are taken out of it before anything runs in it.
    const lines = entries.flatMap((entry) => (entry.kind === "command" ? [entry.line] : []));
    expect(lines.filter((line) => line.includes(wrapper))).toHaveLength(commands.length);
    expect(lines.filter((line) => !line.includes(wrapper) && !line.startsWith("umount --lazy "))).toEqual([]);
    await artifact?.destroy();
    expect(await bakery.leftovers()).toEqual(nothing);
  });
});
