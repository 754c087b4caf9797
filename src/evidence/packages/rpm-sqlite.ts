/// <reference path="./sql-wasm-inline.d.ts" />
import initSqlJs from "sql.js/dist/sql-wasm-inline.js";
import { comparePackages, type Package } from "./package.ts";
import { parseRpmHeader } from "./rpm-header.ts";

/** Where a database's file says which kind of journal it has: 2 is a write-ahead log. @see SQLite's file format, 1.3.3 */
const JOURNAL_KINDS_AT = 18;
const ROLLBACK_JOURNAL = 1;
/** What a row takes besides what is in it: a pointer, two lengths, its number, its header. */
const SMALLEST_ROW_BYTES = 6;

type Database = InstanceType<Awaited<ReturnType<typeof initSqlJs>>["Database"]>;

/**
 * Reads rpm's database: one blob with the header of each package.
 *
 * The library is SQLite itself as WebAssembly, since Node 20 has none; it sees the bytes of the file alone, so a hostile one
 * has nothing to break out of. What a write-ahead log has besides is not in them: rpm empties it when it is done.
 *
 * A hostile one could have no end: a view that makes up rows, or a tree that leads to the same page again and again. So only a
 * table is read, and no more of it than fits into the file.
 * @throws {Error} when it is no such database
 */
export async function readRpmSqlite(bytes: Buffer): Promise<Package[]> {
  const sql = await initSqlJs();
  const copy = Uint8Array.from(bytes);
  // A database in memory can have no log, and SQLite refuses one that says so.
  copy.fill(ROLLBACK_JOURNAL, JOURNAL_KINDS_AT, JOURNAL_KINDS_AT + 2);
  const database = new sql.Database(copy);
  const packages: Package[] = [];
  let left = bytes.length;
  try {
    requireTable(database);
    database.each(
      "SELECT blob FROM main.Packages NOT INDEXED",
      {},
      ({ blob }) => {
        const isBlob = blob instanceof Uint8Array;
        left -= SMALLEST_ROW_BYTES + (isBlob || typeof blob === "string" ? blob.length : 0);
        if (left < 0) throw new Error("it gives more than it has in it");
        if (!isBlob) return;
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

/** As SQLite understands it: what the schema's rows say of their own kind is only a text. */
function requireTable(database: Database): void {
  const tables = database.exec(
    `SELECT 1 FROM pragma_table_list('Packages') AS found, pragma_table_xinfo('Packages', 'main') AS field
     WHERE found.schema = 'main' AND found.type = 'table' AND field.name = 'blob' COLLATE NOCASE AND field.hidden = 0`,
  );
  if (tables.length === 0) throw new Error("it has no table Packages with a column blob");
}
