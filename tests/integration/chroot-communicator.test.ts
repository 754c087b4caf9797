import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ChrootCommunicator, type ChrootCommunicatorOptions } from "../../src/chroot/chroot-communicator.ts";
import { chrootEnvironment } from "../../src/chroot/environment.ts";
import { type Sandbox, startSandbox } from "../../src/chroot/sandbox.ts";
import { CancelledError, ProvisionError } from "../../src/common/errors.ts";
import type { LogEntry } from "../../src/common/log.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { quoteWord } from "../../src/host/shell-quote.ts";
import { makeBusyboxRoot, until } from "../support/chroot/fixtures.ts";
import { nastyStrings } from "../support/chroot/nasty-strings.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

/** Everything of a stream. */
class Collected extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

let folder: string;
let root: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chroot-communicator-"));
  root = await makeBusyboxRoot(join(folder, "image"));
  sandbox = await startSandbox({ isolation: "private" });
});
afterEach(() => sandbox.stopLeftovers({ graceMs: 0 }));
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

function communicate(options: Partial<ChrootCommunicatorOptions> = {}): ChrootCommunicator {
  return new ChrootCommunicator({ runner: sandbox, mountPath: root, rootPath: sandbox.hostPath(root), ...options });
}

async function output(command: string, options: Partial<ChrootCommunicatorOptions> = {}, env = {}) {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const status = await communicate(options).start({ command, stdout, stderr, env, okExitCodes: "any" });
  return { ...status, stdout: stdout.text, stderr: stderr.text };
}

const describe = requirePrograms("unshare", "nsenter", "chroot", "busybox");

/** Waits until that is all that is left: a process that has just begun is a copy of the shell, or has no name yet. */
async function untilLeft(command: string): Promise<void> {
  await expect.poll(async () => (await sandbox.leftovers()).map((each) => each.command)).toEqual([command]);
}

describe("ChrootCommunicator.start()", () => {
  it("runs the line with the image's shell, in the image's root", async () => {
    const result = await output("pwd; ls -d /bin /etc; echo problem >&2; exit 3");
    expect(result).toEqual({ code: 3, signal: null, stdout: "/\n/bin\n/etc\n", stderr: "problem\n" });
  });

  it("takes a failure for one, and tells it with what the command said", async () => {
    const failing = communicate().start({ command: "echo no space >&2; exit 3" });
    await expect(failing).rejects.toThrow('"echo no space >&2; exit 3" failed in the image: exit code 3: no space');
    await expect(failing).rejects.toThrow(ProvisionError);
    await expect(communicate().start({ command: "kill -9 $$" })).rejects.toThrow("signal SIGKILL");
    expect(await communicate().start({ command: "exit 3", okExitCodes: [0, 3] })).toEqual({ code: 3, signal: null });
  });

  it("lets no variable of the image's reach the programs of this machine that lead there", async () => {
    // This machine's loader would complain of it; the image's programs have none.
    const environment = { PATH: "/bin", LD_PRELOAD: "/opt/of-the-image.so" };
    const options = { environment, wrapCommand: (line: string) => `nice ${line}` };
    for (const each of [{ environment }, options]) {
      const result = await output('echo "$LD_PRELOAD"', each);
      expect(result).toMatchObject({ stdout: "/opt/of-the-image.so\n", stderr: "" });
    }
  });

  it("works without a sandbox", async () => {
    expect(await output("echo $((6 * 7)); kill -9 $$", { runner: hostRunner(), rootPath: root })).toMatchObject({
      stdout: "42\n",
      signal: "SIGKILL",
    });
  });

  it("gives a clean environment and what the command and the user add", async () => {
    const before = { ...process.env };
    Object.assign(process.env, { OSC_SECRET_KEY: "s3cret", LD_LIBRARY_PATH: "/nowhere", http_proxy: "http://a:b@c" });
    try {
      const environment = chrootEnvironment({ GREETING: "hello  world" }).env;
      const { stdout } = await output("env | grep -v -e PWD= -e SHLVL= | sort", { environment }, { MORE: "x" });
      expect(stdout.trim().split("\n")).toEqual([
        "GREETING=hello  world",
        "HOME=/root",
        "LANG=C.UTF-8",
        "MORE=x",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ]);
    } finally {
      process.env = before;
    }
  });

  it.each(["SIGKILL", "SIGTERM", "SIGSEGV"] as const)("reports the signal %s", async (signal) => {
    expect(await output(`kill -s ${signal.slice(3)} $$`)).toMatchObject({ code: null, signal });
  });

  it("feeds standard input, ends it, and leaves the stream that was handed in alone", async () => {
    const stdout = new Collected();
    await communicate().start({ command: "wc -c", stdin: Readable.from([Buffer.alloc(300_000)]), stdout });
    expect(stdout.text.trim()).toBe("300000");

    const endless = new PassThrough();
    endless.write("first line\nrest");
    expect((await communicate().start({ command: "read line", stdin: endless })).code).toBe(0);
    expect(endless.destroyed).toBe(false);

    const broken = new PassThrough();
    const running = communicate().start({ command: "cat; exit 8", stdin: broken, okExitCodes: [8] });
    broken.destroy();
    expect((await running).code).toBe(8);
  });

  it("has an empty standard input and no terminal by default", async () => {
    expect((await output("cat; cat < /dev/tty || echo none")).stdout).toBe("none\n");
  });

  it("returns at the command's exit, with all of its output, while a daemon still holds the pipe", async () => {
    const { stdout, code } = await output("(setsid sleep 611 &) ; head -c 200000 /dev/zero | tr '\\0' x; exit 4");
    expect(code).toBe(4);
    expect(stdout.length).toBe(200_000);
    await untilLeft("sleep 611");
  });

  it("lets a daemon that writes without end run on, and returns", async () => {
    expect((await output("(setsid cat /dev/zero &) ; exit 5")).code).toBe(5);
    await untilLeft("cat /dev/zero");
  });

  it("reads no faster than the destination takes", async () => {
    let taken = 0;
    let release: (() => void) | undefined;
    const slow = new Writable({
      highWaterMark: 1024,
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        release = done;
      },
    });
    const running = communicate().start({ command: "head -c 3000000 /dev/zero", stdout: slow });
    await until(() => release !== undefined);
    expect(slow.writableLength).toBeLessThan(1_000_000);
    const feeding = setInterval(() => {
      const done = release;
      release = undefined;
      done?.();
    }, 0);
    await running.finally(() => clearInterval(feeding));
    await until(() => {
      release?.();
      release = undefined;
      return slow.writableLength === 0;
    });
    expect(taken).toBe(3_000_000);
    expect(slow.listenerCount("drain")).toBe(0);
    expect(slow.writableEnded).toBe(false);
  });

  it("does not hold the command up when the destination fails", async () => {
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error("disk full")) });
    failing.on("error", () => undefined);
    const command = "head -c 3000000 /dev/zero; exit 6";
    expect((await communicate().start({ command, stdout: failing, okExitCodes: [6] })).code).toBe(6);
  });

  it("kills everything the command started when it is cancelled", async () => {
    const cancel = new AbortController();
    const stdout = new Collected();
    const command = "(setsid sh -c 'trap \"\" TERM; sleep 612' &); sleep 613 & echo up; sleep 614";
    const running = communicate().start({ command, stdout, signal: cancel.signal });
    await until(() => stdout.text.includes("up"));
    cancel.abort();
    await expect(running).rejects.toThrow(CancelledError);
    expect(await sandbox.leftovers()).toEqual([]);
  });

  it("logs the line and how it ended, and refuses a NUL byte", async () => {
    const entries: LogEntry[] = [];
    await output("exit 3", { log: { write: (entry) => entries.push(entry) } });
    const line = `/usr/sbin/chroot ${root} /bin/sh -c 'exit 3'`;
    expect(entries).toEqual([{ kind: "command", line, outcome: "exit code 3", elapsedMs: expect.any(Number) }]);
    await expect(output("echo a\0b")).rejects.toMatchObject({ code: "E_PROVISION" });
    await expect(output("true", {}, { A: "a\0b" })).rejects.toThrow("NUL byte");
  });

  it("runs nothing when it is cancelled before", async () => {
    const command = "touch /tmp/ran";
    await expect(communicate().start({ command, signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
    expect(await readdir(join(root, "tmp"))).toEqual([]);
  });

  it("puts the command wrapper around one correctly quoted line", async () => {
    const lines: string[] = [];
    const wrapCommand = (line: string) => {
      lines.push(line);
      return `umask 0027; exec ${line}`;
    };
    expect((await output("umask; echo 'a  b'", { wrapCommand })).stdout).toBe("0027\na  b\n");
    expect(lines).toEqual([`/usr/sbin/chroot ${root} /bin/sh -c 'umask; echo '\\''a  b'\\'''`]);
  });
});

describe("ChrootCommunicator with nasty strings", () => {
  /** What such a string would have made if the host had run it: there may be others who make files meanwhile. */
  const canaries = async () => {
    const names = await Promise.all([folder, process.cwd(), "/"].map((place) => readdir(place)));
    return names.map((inPlace) => inPlace.filter((name) => nastyStrings.some((text) => text.includes(name))));
  };
  const wrapped = { wrapCommand: (line: string) => `exec ${line}` };

  it(`has ${nastyStrings.length} of them, more than 100`, () => expect(nastyStrings.length).toBeGreaterThan(100));

  it.each([
    ["directly", {}],
    ["through a wrapper", wrapped],
  ])("passes them in a command and a variable, %s, and runs nothing on the host", async (_, options) => {
    const before = await canaries();
    for (const text of nastyStrings) {
      const command = `cat <<'END OF TEXT'\n${text}\nEND OF TEXT\nprintf %s "$VALUE"; printf %s ${quoteWord(text)}`;
      const { stdout } = await output(command, options, { VALUE: text });
      expect(stdout).toBe(`${text}\n${text}${text}`);
    }
    expect(await canaries()).toEqual(before);
  });

  it("takes a command line that begins with a dash or a plus as a command", async () => {
    for (const text of ["-c", "--help", "+x", "-"]) {
      expect(await output(text)).toMatchObject({ code: 127, stdout: "", stderr: expect.stringContaining("not found") });
    }
  });

  it("writes and reads files with such names", async () => {
    for (const text of nastyStrings.filter((each) => each.length < 200)) {
      await communicate().upload(`/tmp/${text}`, Readable.from([text]));
      const content = new Collected();
      await communicate().download(`/tmp/${text}`, content);
      expect(content.text).toBe(text);
      const { stdout } = await output('cat "$FILE"', {}, { FILE: `/tmp/${text}` });
      expect(stdout).toBe(text);
      await rm(join(root, "tmp", text));
    }
  });
});

describe("ChrootCommunicator.upload()", () => {
  it("creates with 0644 or the mode given, and keeps the mode of a file that is there", async () => {
    await communicate().upload("/tmp/plain", Readable.from(["x"]));
    await communicate().upload("/tmp/script", Readable.from(["x"]), { mode: 0o750 });
    await communicate().upload("/tmp/script", Readable.from(["longer"]));
    expect((await stat(join(root, "tmp/plain"))).mode & 0o7777).toBe(0o644);
    expect((await stat(join(root, "tmp/script"))).mode & 0o7777).toBe(0o750);
    expect(await readFile(join(root, "tmp/script"), "utf8")).toBe("longer");
  });

  it("names the folder that is in the way, and leaves the stream open", async () => {
    const content = new PassThrough();
    await expect(communicate().upload("/etc", content)).rejects.toThrow(
      'Cannot write "/etc" in the image: It is a folder',
    );
    expect(content.destroyed).toBe(false);
  });

  it("refuses a device node of the image", async () => {
    await output("mknod /tmp/node b 7 200");
    await expect(communicate().upload("/tmp/node", Readable.from(["x"]))).rejects.toThrow("not a regular file");
    await expect(communicate().download("/tmp/node", new Collected())).rejects.toThrow("not a regular file");
    await rm(join(root, "tmp/node"));
  });
});

describe("ChrootCommunicator.download()", () => {
  it("fails with the destination's error and says what is missing", async () => {
    await writeFile(join(root, "tmp/big"), Buffer.alloc(1_000_000));
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error("disk full")) });
    failing.on("error", () => undefined);
    await expect(communicate().download("/tmp/big", failing)).rejects.toMatchObject({ cause: new Error("disk full") });
    await expect(communicate().download("/tmp/missing", new Collected())).rejects.toThrow(
      /"\/tmp\/missing" in the image/,
    );
  });

  it("reads what the image's links point at inside the image", async () => {
    await mkdir(join(root, "etc/inner"));
    await symlink("/etc/passwd", join(root, "etc/inner/abs"));
    await symlink("../../../../../../etc/passwd", join(root, "etc/inner/climbing"));
    for (const name of ["abs", "climbing"]) {
      const content = new Collected();
      await communicate().download(`/etc/inner/${name}`, content);
      expect(content.text).toBe("root:x:0:0:root:/root:/bin/sh\n");
    }
  });
});
