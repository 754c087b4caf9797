/// <reference path="./sql-wasm-inline.d.ts" />
import initSqlJs from "sql.js/dist/sql-wasm-inline.js";
import { comparePackages, type Package } from "./package.ts";
import { parseRpmHeader } from "./rpm-header.ts";

/** Where a database's file says which kind of journal it has: 2 is a write-ahead log. @see SQLite's file format, 1.3.3 */
const JOURNAL_KINDS_AT = 18;
const ROLLBACK_JOURNAL = 1;

/**
 * Reads rpm's database: one blob with the header of each package.
 *
 * The library is SQLite itself as WebAssembly, since Node 20 has none; it sees the bytes of the file alone, so a hostile one
 * has nothing to break out of. What a write-ahead log has besides is not in them: rpm empties it when it is done.
 * @throws {Error} when it is no such database
 */
export async function readRpmSqlite(bytes: Buffer): Promise<Package[]> {
  const sql = await initSqlJs();
  const copy = Uint8Array.from(bytes);
  // A database in memory can have no log, and SQLite refuses one that says so.
  copy.fill(ROLLBACK_JOURNAL, JOURNAL_KINDS_AT, JOURNAL_KINDS_AT + 2);
  const database = new sql.Database(copy);
  const packages: Package[] = [];
  try {
    database.each(
      "SELECT blob FROM Packages",
      {},
      ({ blob }) => {
        if (!(blob instanceof Uint8Array)) return;
        const found = parseRpmHeader(Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength));
        if (found !== undefined) packages.push(found);
      },
      () => undefined,
    );
  } finally {
    database.close();
  }
  return packages.sort(comparePackages);
}
