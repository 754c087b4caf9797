// Holds the imports of src/ against the table of rooms. Run by `npm run boundaries`.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseAst } from "rolldown/parseAst";
import { findProblems } from "./boundaries.js";
import { rooms } from "./rooms.js";

const files = readFiles();
const problems = findProblems(files, rooms);
for (const problem of problems) console.error(problem);
console.log(`${files.length} files in ${Object.keys(rooms).length} rooms, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Every source file below src/ that is no test, with what it imports from there. */
function readFiles() {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => /(?<!\.test|\.d)\.ts$/.test(name))
    .map((path) => {
      const imports = importsOf(readFileSync(join("src", path), "utf8"))
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier, ...kind }) => ({
          target: relative("src", join("src", dirname(path), specifier)),
          ...kind,
        }));
      return { path, imports };
    });
}

/**
 * Every `import`, `export ... from` and `import()` of a file.
 * @param {string} code
 */
function importsOf(code) {
  /** @type {{ specifier: string, isType: boolean, isLazy: boolean }[]} */
  const found = [];
  /** @param {any} node */
  const visit = (node) => {
    if (node === null || typeof node !== "object") return;
    if (Array.isArray(node)) return node.forEach(visit);
    const specifier = node.source?.value;
    const isLazy = node.type === "ImportExpression";
    if (typeof specifier === "string") found.push({ specifier, isType: isTypeOnly(node), isLazy });
    for (const value of Object.values(node)) visit(value);
  };
  visit(parseAst(code, { lang: "ts" }));
  return found;
}

/** @param {any} node */
function isTypeOnly({ importKind, exportKind, specifiers = [] }) {
  if (importKind === "type" || exportKind === "type") return true;
  return (
    specifiers.length > 0 &&
    specifiers.every((/** @type {any} */ item) => item.importKind === "type" || item.exportKind === "type")
  );
}
