import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, makeBench } from "../../../tests/support/provisioners/provisioning.ts";
import type { RemoteCommand } from "../../chroot/communicator.ts";

let bench: Bench;
/** A folder of the host. */
let local: string;
beforeEach(async () => {
  bench = await makeBench();
  local = await mkdtemp(join(tmpdir(), "file-provisioner-"));
  await writeFile(join(local, "app.tar.gz"), "archive");
  await mkdir(join(local, "foo"));
  await writeFile(join(local, "foo", "a.txt"), "a");
  await mkdir(join(bench.folder, "tmp"));
});
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
  await rm(local, { recursive: true, force: true });
});

const inImage = (path: string) => readFile(join(bench.folder, path), "utf8");

describe("file", () => {
  it("uploads a file with its mode", async () => {
    const source = join(local, "app.tar.gz");
    await chmod(source, 0o750);
    await bench.run("file", { source, destination: "/tmp/app.tar.gz" });
    expect(await inImage("tmp/app.tar.gz")).toBe("archive");
    expect((await stat(join(bench.folder, "tmp/app.tar.gz"))).mode & 0o777).toBe(0o750);
    expect(bench.ui.lines).toEqual([`say: Uploading ${source} => /tmp/app.tar.gz`]);
  });

  it("keeps the name of a file whose destination ends in a slash", async () => {
    await bench.run("file", { source: join(local, "app.tar.gz"), destination: "/tmp/" });
    expect(await inImage("tmp/app.tar.gz")).toBe("archive");
  });

  it("uploads several sources into one folder, and source after them", async () => {
    const sources = [join(local, "app.tar.gz"), join(local, "foo")];
    await bench.run("file", { sources, source: join(local, "foo/a.txt"), destination: "/tmp/" });
    expect((await readdir(join(bench.folder, "tmp"))).sort()).toEqual(["a.txt", "app.tar.gz", "foo"]);
  });

  it("uploads a folder under its name, or with a trailing slash its content", async () => {
    await bench.run("file", { source: join(local, "foo"), destination: "/tmp" });
    expect(await inImage("tmp/foo/a.txt")).toBe("a");
    await bench.run("file", { source: `${join(local, "foo")}/`, destination: "/tmp" });
    expect(await inImage("tmp/a.txt")).toBe("a");
  });

  it("writes no download through a link that another download has brought", async () => {
    const victim = join(local, "victim");
    await writeFile(victim, "untouched");
    await mkdir(join(bench.folder, "logs"));
    await symlink(victim, join(bench.folder, "logs/hostname"));
    await symlink(join(local, "missing"), join(bench.folder, "logs/os-release"));
    await writeFile(join(bench.folder, "tmp/hostname"), "evil");
    await writeFile(join(bench.folder, "tmp/os-release"), "evil");
    for (const name of ["hostname", "os-release"]) {
      const destination = `${join(local, name)}-out/`;
      const download = bench.run("file", { direction: "download", sources: ["/logs/", `/tmp/${name}`], destination });
      await expect(download).rejects.toThrow("a link that leads out of its folder");
    }
    expect(await readFile(victim, "utf8")).toBe("untouched");
    expect(await readdir(local)).not.toContain("missing");
  });

  it("takes no file from a pattern that it does not stand for", async () => {
    const communicator = Object.create(bench.communicator, {
      start: {
        value: async ({ stdout }: RemoteCommand) => {
          stdout?.write("f/tmp/a.log\0f/tmp/.bashrc\0");
          return { code: 0, signal: null };
        },
      },
    });
    const options = { direction: "download", source: "/tmp/*.log", destination: join(local, "logs/") };
    await expect(bench.run("file", options, { communicator })).rejects.toThrow('answered "/tmp/.bashrc"');
    expect(await readdir(local)).not.toContain("logs");
  });

  it("writes a download through a link that stays in its folder", async () => {
    await symlink("app.tar.gz", join(local, "latest"));
    await writeFile(join(bench.folder, "tmp/new"), "new");
    await bench.run("file", { direction: "download", source: "/tmp/new", destination: join(local, "latest") });
    expect(await readFile(join(local, "app.tar.gz"), "utf8")).toBe("new");
  });

  it("uploads what a link leads to", async () => {
    await symlink("app.tar.gz", join(local, "latest"));
    await bench.run("file", { source: join(local, "latest"), destination: "/tmp/x" });
    expect(await inImage("tmp/x")).toBe("archive");
  });

  it("writes content to a file, or under its own name into a folder", async () => {
    await bench.run("file", { content: "volume {{.ID}}\n", destination: "/tmp/id" });
    await bench.run("file", { content: "x", destination: "/tmp/" });
    await bench.run("file", { content: "", destination: "/tmp/empty" });
    expect(await inImage("tmp/id")).toBe("volume vol-1a2b3c4d\n");
    expect(await inImage("tmp/pkr-file-content")).toBe("x");
    expect(await inImage("tmp/empty")).toBe("");
  });

  it("downloads a file, and makes the folder for it", async () => {
    await writeFile(join(bench.folder, "tmp/report"), "done");
    const direction = "download";
    await bench.run("file", { direction, source: "/tmp/report", destination: join(local, "out/x/report.txt") });
    await bench.run("file", { direction, source: "/tmp/report", destination: `${join(local, "out")}/` });
    expect(await readFile(join(local, "out/x/report.txt"), "utf8")).toBe("done");
    expect(await readFile(join(local, "out/report"), "utf8")).toBe("done");
  });

  it("downloads a folder, and everything that matches a pattern", async () => {
    await mkdir(join(bench.folder, "tmp/logs"));
    for (const name of ["a b.log", "c'd.log", "x.txt"]) await writeFile(join(bench.folder, "tmp/logs", name), name);
    const direction = "download";
    await bench.run("file", { direction, source: "/tmp/logs/", destination: join(local, "all") });
    expect((await readdir(join(local, "all"))).sort()).toEqual(["a b.log", "c'd.log", "x.txt"]);
    const source = `${join(bench.folder, "tmp/logs")}/*.log`;
    await bench.run("file", { direction, source, destination: join(local, "logs") });
    expect((await readdir(join(local, "logs"))).sort()).toEqual(["a b.log", "c'd.log"]);
    const none = { direction, source: `${bench.folder}/*.none`, destination: local };
    await expect(bench.run("file", none)).rejects.toThrow("Nothing in the image matches");
  });

  it("tells of a download that fails", async () => {
    const options = { direction: "download", source: "/tmp/missing", destination: join(local, "x") };
    await expect(bench.run("file", options)).rejects.toThrow(`Cannot download "/tmp/missing"`);
    const isFolder = { direction: "download", source: "/tmp/missing", destination: join(local, "foo") };
    await expect(bench.run("file", isFolder)).rejects.toThrow(`Cannot download "/tmp/missing"`);
  });

  it("looks for a generated file only when it uploads it", async () => {
    const options = { source: join(local, "later"), destination: "/tmp/later", generated: true };
    await expect(bench.run("file", options)).rejects.toThrow(`Cannot read "${join(local, "later")}"`);
    await writeFile(join(local, "later"), "now");
    await bench.run("file", options);
    expect(await inImage("tmp/later")).toBe("now");
  });

  it.each([
    [{ source: "/dev/null" }, ["destination"]],
    [{ destination: "/x" }, ["source"]],
    [{ source: "/dev/null", content: "x", destination: "/x" }, ["content"]],
    [{ source: "/no/such/file", destination: "/x" }, ["source"]],
    [{ sources: ["/no/such/file"], destination: "/x" }, ["sources"]],
    [{ sources: ["/etc/hostname", "/etc/passwd"], destination: "/x" }, ["destination"]],
    [{ source: "/dev/null", destination: "/x", direction: "sideways" }, ["direction"]],
    [{ source: "/a", content: "", destination: "/x", direction: "download" }, ["content"]],
  ])("refuses the options %j", async (options, expected) => {
    const error = await bench.run("file", options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "E_CONFIG", problems: expected.map((option) => ({ option })) });
  });
});
