import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import initSqlJs from "sql.js/dist/sql-wasm-inline.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ImageReader } from "../image-reader.ts";
import { parseApkInstalled } from "./apk.ts";
import { parseDpkgStatus } from "./dpkg.ts";
import { readPackages } from "./read-packages.ts";
import { parseRpmHeader } from "./rpm-header.ts";

const STATUS = `Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9+deb12u7)
Version: 2.36-9+deb12u8
Installed-Size: 12990
Description: GNU C Library: Shared libraries
 Contains the standard libraries
 Version: none of its own
Homepage: https://www.gnu.org/software/libc/

Package: gone
Status: deinstall ok config-files
Version: 1

Package: half
Status: install reinstreq half-configured
Architecture: all
Version: 2
`;

const INSTALLED = `C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
I:634880
T:the musl c library (libc) implementation
L:MIT
o:musl
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755

P:libcrypto3
V:3.1.4-r1
A:x86_64
L:Apache-2.0
o:openssl
`;

/** A header as rpm writes it: texts (6) and numbers (4) by tag. */
function rpmHeader(tags: Readonly<Record<number, string | number>>): Buffer {
  const data: Buffer[] = [];
  let length = 0;
  const index = Object.entries(tags).map(([tag, value]) => {
    if (typeof value === "number" && length % 4 !== 0) {
      data.push(Buffer.alloc(4 - (length % 4)));
      length += 4 - (length % 4);
    }
    const bytes = typeof value === "string" ? Buffer.from(`${value}\0`) : Buffer.alloc(4);
    if (typeof value === "number") bytes.writeUInt32BE(value);
    const entry = Buffer.alloc(16);
    for (const [at, part] of [Number(tag), typeof value === "string" ? 6 : 4, length, 1].entries()) {
      entry.writeUInt32BE(part, at * 4);
    }
    data.push(bytes);
    length += bytes.length;
    return entry;
  });
  const intro = Buffer.alloc(8);
  intro.writeUInt32BE(index.length);
  intro.writeUInt32BE(length, 4);
  return Buffer.concat([intro, ...index, ...data]);
}

const bash = {
  1000: "bash",
  1001: "5.1.8",
  1002: "9.el9",
  1003: 1,
  1009: 7_738_634,
  1014: "GPLv3+",
  1022: "x86_64",
  1044: "bash-5.1.8-9.el9.src.rpm",
};

describe("parseDpkgStatus()", () => {
  it("gives what is installed, whole or in part, with the first line of each description", () => {
    expect(parseDpkgStatus(STATUS)).toEqual([
      {
        manager: "deb",
        name: "libc6",
        version: "2.36-9+deb12u8",
        arch: "amd64",
        source: "glibc",
        sizeBytes: 12990 * 1024,
        vendor: "GNU Libc Maintainers",
        url: "https://www.gnu.org/software/libc/",
        summary: "GNU C Library: Shared libraries",
      },
      { manager: "deb", name: "half", version: "2", arch: "all" },
    ]);
  });
});

describe("parseApkInstalled()", () => {
  it("reads the package's own fields, and not those of its files", () => {
    expect(parseApkInstalled(INSTALLED)).toEqual([
      {
        manager: "apk",
        name: "musl",
        version: "1.2.4-r2",
        arch: "x86_64",
        license: "MIT",
        sizeBytes: 634880,
        summary: "the musl c library (libc) implementation",
      },
      {
        manager: "apk",
        name: "libcrypto3",
        version: "3.1.4-r1",
        arch: "x86_64",
        license: "Apache-2.0",
        source: "openssl",
      },
    ]);
  });
});

describe("parseRpmHeader()", () => {
  it("reads texts and numbers", () => {
    expect(parseRpmHeader(rpmHeader(bash))).toEqual({
      manager: "rpm",
      name: "bash",
      version: "1:5.1.8-9.el9",
      arch: "x86_64",
      license: "GPLv3+",
      sizeBytes: 7_738_634,
    });
  });

  it("gives none for a key, and refuses what is damaged", () => {
    expect(parseRpmHeader(rpmHeader({ 1000: "gpg-pubkey", 1001: "1", 1002: "2" }))).toBeUndefined();
    expect(() => parseRpmHeader(rpmHeader(bash).subarray(0, 40))).toThrow(RangeError);
    expect(() => parseRpmHeader(Buffer.alloc(8, 0xff))).toThrow(RangeError);
  });
});

describe("readPackages()", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "packages-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const names = async () => (await readPackages(new ImageReader(root))).packages.map(({ name }) => name);

  it("finds none in an empty image", async () => {
    expect(await readPackages(new ImageReader(root))).toEqual({ packages: [], notes: [] });
  });

  it("reads rpm's database in SQLite, also where it is said to have a log", async () => {
    const sql = await initSqlJs();
    const database = new sql.Database();
    database.run("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)");
    database.run("INSERT INTO Packages (blob) VALUES (?)", [rpmHeader(bash)]);
    const bytes = Buffer.from(database.export());
    bytes.fill(2, 18, 20);
    put("var/lib/rpm/rpmdb.sqlite", bytes);
    expect(await names()).toEqual(["bash"]);
  });

  it.each([
    [
      "a view without an end",
      "CREATE VIEW Packages AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x AS blob FROM c",
    ],
    [
      "a view without an end that has no rows",
      "CREATE VIEW packages AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x AS blob FROM c WHERE x = 2",
    ],
    ["a virtual table", "CREATE VIRTUAL TABLE Packages USING fts3(blob)"],
    [
      "a column that is made up",
      "CREATE TABLE Packages (n, blob AS (zeroblob(1000000))); INSERT INTO Packages VALUES (1)",
    ],
    ["no such table", "CREATE TABLE Other (blob)"],
    ["no such column", "CREATE TABLE Packages (other)"],
  ])("reads no database of rpm with %s", async (_what, statements) => {
    const database = new (await initSqlJs()).Database();
    database.run(statements);
    put("var/lib/rpm/rpmdb.sqlite", database.export());
    const { packages, notes } = await readPackages(new ImageReader(root));
    expect(packages).toEqual([]);
    expect(notes).toEqual([expect.stringContaining("cannot be read: it has no table Packages with a column blob")]);
  });

  it("reads no database of rpm that gives more than it has", async () => {
    const database = new (await initSqlJs()).Database();
    database.run("PRAGMA page_size = 512");
    database.run("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)");
    for (let i = 0; i < 100; i++)
      database.run("INSERT INTO Packages (blob) VALUES (?)", [new Uint8Array(i === 0 ? 100_000 : 200)]);
    const [schema] = database.exec("SELECT rootpage FROM sqlite_master");
    const bytes = Buffer.from(database.export());
    const page = bytes.subarray((Number(schema?.values[0]?.[0]) - 1) * 512).subarray(0, 512);
    const cells = Array.from({ length: page.readUInt16BE(3) }, (_, i) => page.readUInt16BE(12 + 2 * i));
    // Every branch leads to the first leaf, whose rows are there again and again: with ten such levels without an end.
    const leaf = page.readUInt32BE(cells[0] ?? 0);
    for (const cell of cells) page.writeUInt32BE(leaf, cell);
    put("var/lib/rpm/rpmdb.sqlite", bytes);
    const { packages, notes } = await readPackages(new ImageReader(root));
    expect(packages).toEqual([]);
    expect(notes).toEqual([expect.stringContaining("cannot be read: it gives more than it has in it")]);
  });

  it("says which databases it does not read", async () => {
    put("var/lib/rpm/Packages", "bdb");
    expect((await readPackages(new ImageReader(root))).notes).toEqual([expect.stringContaining("Berkeley DB")]);
    put("usr/lib/sysimage/rpm/rpmdb.sqlite", "no database at all");
    expect((await readPackages(new ImageReader(root))).notes).toEqual([expect.stringContaining("cannot be read")]);
  });

  it("follows a link inside the image, and none out of it", async () => {
    put("etc/inside", STATUS);
    mkdirSync(join(root, "var/lib/dpkg"), { recursive: true });
    symlinkSync("/etc/inside", join(root, "var/lib/dpkg/status"));
    expect(await names()).toEqual(["half", "libc6"]);
    rmSync(join(root, "var/lib/dpkg/status"));
    symlinkSync("/var/lib/dpkg/status", join(root, "var/lib/dpkg/status")); // of the host, for whoever follows it
    expect(await names()).toEqual([]);
  });

  it("reads the packages of an image without dpkg", async () => {
    put("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12\nArchitecture: amd64\n");
    put("var/lib/dpkg/status.d/base.md5sums", "Package: none\nVersion: 1\n");
    expect(await names()).toEqual(["base-files"]);
  });
});
