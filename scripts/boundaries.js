/**
 * The rules between the rooms of src/, as functions of what its files import. `scripts/check-boundaries.js` runs them.
 * @import { Import, Room, SourceFile } from "./boundaries.d.ts"
 */

/**
 * What is wrong between the rooms, a line each: a room that is not in the table, an import that the table does not
 * allow, one behind another room's face, files that import each other in a circle, and entries that nobody needs.
 * @param {readonly SourceFile[]} files
 * @param {Readonly<Record<string, Room>>} rooms
 * @returns {string[]}
 */
export function findProblems(files, rooms) {
  const crossing = files.flatMap(({ path, imports }) =>
    imports.filter(({ target }) => roomOf(target) !== roomOf(path)).map((item) => ({ path, ...item })),
  );
  const strangers = files.filter(({ path }) => rooms[roomOf(path)] === undefined);
  return [
    ...strangers.map(({ path }) => `src/${path}: the room "${roomOf(path)}" is not in scripts/rooms.js`),
    ...crossing.flatMap((item) => checkCrossing(item, rooms)),
    ...findCircles(files).map((circle) => `These import each other in a circle: ${circle.map(inSrc).join(" -> ")}`),
    ...findIdleEntries(crossing, rooms),
  ];
}

/** @param {string} path `builder/steps/flock.ts` @returns {string} `builder`; a file beside the rooms is one itself */
export function roomOf(path) {
  return path.split("/")[0] ?? path;
}

/**
 * @param {Import & { readonly path: string }} crossing
 * @param {Readonly<Record<string, Room>>} rooms
 * @returns {string[]}
 */
function checkCrossing({ path, target, isType }, rooms) {
  const from = rooms[roomOf(path)];
  const to = rooms[roomOf(target)];
  if (from === undefined || to === undefined) return [];
  const what = isType ? `types of ${inSrc(target)}` : inSrc(target);
  if (to.isDoor && !from.isProgram) return [`${inSrc(path)} must not import ${what}: nobody imports a door`];
  if (!from.uses.some((use) => isUsed(use, target, isType))) return [`${inSrc(path)} must not import ${what}`];
  const isFace = target === roomOf(target) || to.face.some((entry) => matches(entry, target));
  if (isFace) return [];
  return [
    `${inSrc(path)} must not import ${inSrc(target)}: it is not in the face of "${roomOf(target)}" (scripts/rooms.js)`,
  ];
}

/** @param {string} use @param {string} target @param {boolean} isType */
function isUsed(use, target, isType) {
  const [, types, place = use] = /^(types:)?(.*)$/.exec(use) ?? [];
  return (isType || types === undefined) && (target === place || target.startsWith(`${place}/`));
}

/**
 * @param {string} entry Of a face: `steps/*`, or `journal` for `journal.ts`
 * @param {string} target
 */
function matches(entry, target) {
  const inside = target.slice(roomOf(target).length + 1).replace(/\.ts$/, "");
  const [start = "", end] = entry.split("*");
  return end === undefined ? inside === entry : inside.startsWith(start) && inside.endsWith(end);
}

/**
 * Groups of files of which each needs the others to be evaluated first. Types are gone by then, and what is imported
 * lazily comes after.
 * @param {readonly SourceFile[]} files
 * @returns {string[][]} each in the order of its imports, from and to its first file by name
 */
export function findCircles(files) {
  const edges = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter(({ isType, isLazy }) => !isType && !isLazy).map(({ target }) => target),
    ]),
  );
  /** @type {Set<string>} */
  const settled = new Set();
  return [...edges.keys()].sort().flatMap((start) => {
    const way = settled.has(start) ? undefined : wayBack(start, edges);
    for (const path of way ?? []) settled.add(path);
    return way === undefined ? [] : [way];
  });
}

/**
 * The shortest way from a file over its imports back to itself.
 * @param {string} start
 * @param {ReadonlyMap<string, readonly string[]>} edges
 * @returns {string[] | undefined}
 */
function wayBack(start, edges) {
  const ways = [[start]];
  const seen = new Set();
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const next of edges.get(way.at(-1) ?? "") ?? []) {
      if (next === start) return [...way, start];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

/**
 * Entries of the table that no import needs any more.
 * @param {readonly (Import & { readonly path: string })[]} crossing
 * @param {Readonly<Record<string, Room>>} rooms
 * @returns {string[]}
 */
function findIdleEntries(crossing, rooms) {
  return Object.entries(rooms).flatMap(([name, { uses, face }]) => {
    const out = crossing.filter(({ path }) => roomOf(path) === name);
    const into = crossing.filter(({ target }) => roomOf(target) === name);
    const idleUses = uses.filter((use) => !out.some(({ target, isType }) => isUsed(use, target, isType)));
    const idleFace = face.filter((entry) => !into.some(({ target }) => matches(entry, target)));
    return [
      ...idleUses.map((use) => `scripts/rooms.js: "${name}" does not use "${use}"`),
      ...idleFace.map((entry) => `scripts/rooms.js: nobody imports "${entry}" of "${name}"`),
    ];
  });
}

/** @param {string} path */
function inSrc(path) {
  return `src/${path}`;
}
