// Checks that imports point one way: which part of src/ may use which. Run by `npm run boundaries`.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseAst } from "rolldown/parseAst";

/**
 * What each part may import besides itself and `common`: a folder, or a part of one. After `types:` only types may be
 * imported. A door (`cli`, `packer-plugin`, `index.ts`) may import every room, and only the program may import a door.
 */
const allowed = {
  bake: [
    "builder",
    "config",
    "definition",
    "go-template",
    "host",
    "local-cloud",
    "outscale",
    "post-processors",
    "provisioners",
    "template",
    "terminal",
  ],
  terminal: ["outscale/proxy.ts", "types:builder"],
  "plugin-install": ["host"],
  builder: ["boot", "chroot", "config", "definition", "go-template", "host", "outscale"],
  boot: ["chroot", "host"],
  config: ["definition", "go-template", "types:outscale"],
  provisioners: [
    "chroot",
    "host",
    "definition",
    "go-template",
    "template",
    "builder/generated-data.ts",
    "types:builder",
  ],
  "post-processors": ["host", "provisioners", "definition", "go-template", "types:builder"],
  chroot: ["host"],
  host: [],
  outscale: [],
  template: ["definition", "go-template", "hcl"],
  hcl: ["go-template/go"],
  "go-template": [],
  definition: [],
  "local-cloud": ["host", "outscale"],
  common: [],
};
const doors = ["cli", "packer-plugin", "index.ts"];
const program = ["main.ts", "run-program.ts"];

const files = readFiles();
const problems = files.flatMap(({ path, imports }) => imports.flatMap((item) => check(path, item)));
for (const problem of problems) console.error(problem);
console.log(`${files.length} files, ${problems.length} imports that point the wrong way`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** @returns every source file below src/ that is no test, with what it imports from there */
function readFiles() {
  const names = readdirSync("src", { recursive: true }).filter((name) => /(?<!\.test|\.d)\.ts$/.test(name));
  return names.map((path) => {
    const imports = importsOf(readFileSync(join("src", path), "utf8"))
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ specifier, isType }) => ({ target: relative("src", join("src", dirname(path), specifier)), isType }));
    return { path, imports };
  });
}

function check(path, { target, isType }) {
  const from = partOf(path);
  const to = partOf(target);
  if (program.includes(from) || from === to || to === "common") return [];
  if (doors.includes(from) && !doors.includes(to) && !program.includes(to)) return [];
  if (doors.includes(from)) return [`src/${path} must not import the door src/${target}`];
  const rules = allowed[from];
  if (rules === undefined) return [`src/${path}: there is no rule for the part "${from}"`];
  const isAllowed = rules.some(
    (rule) => (isType && covers(rule.replace("types:", ""), target)) || covers(rule, target),
  );
  return isAllowed ? [] : [`src/${path} must not import ${isType ? "types of " : ""}src/${target}`];
}

function partOf(path) {
  return path.split("/")[0];
}

function covers(rule, path) {
  return path === rule || path.startsWith(`${rule}/`);
}

/** Every `import`, `export ... from` and `import()` of a file, with whether it is for types alone. */
function importsOf(code) {
  const found = [];
  const visit = (node) => {
    if (node === null || typeof node !== "object") return;
    if (Array.isArray(node)) return node.forEach(visit);
    const specifier = node.source?.value;
    if (typeof specifier === "string") found.push({ specifier, isType: isTypeOnly(node) });
    for (const value of Object.values(node)) visit(value);
  };
  visit(parseAst(code, { lang: "ts" }));
  return found;
}

function isTypeOnly({ importKind, exportKind, specifiers = [] }) {
  if (importKind === "type" || exportKind === "type") return true;
  return specifiers.length > 0 && specifiers.every((item) => item.importKind === "type" || item.exportKind === "type");
}
