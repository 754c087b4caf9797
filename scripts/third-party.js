// Who else's code is in a bundle, and under which licence: its texts go with what we hand out.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IN_BUNDLES } from "./check-licences.js";

/** A package whose code is in a bundle. @typedef {{ name: string, version: string, licence: string, text: string }} Package */

const TEXT_NAMES = /^(licen[cs]e|copying|notice)(\b|$)/i;

/**
 * The packages that some modules come from, by name.
 * @param {Iterable<string>} modules Paths of files, as the bundler names them
 * @returns {Package[]}
 * @throws {Error} when a package has no licence text, or a licence that we do not take
 */
export function packagesOf(modules) {
  const folders = new Set();
  for (const path of modules) {
    const folder = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = [...folders].map(readPackage).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, licence } of packages) {
    if (!IN_BUNDLES.includes(licence)) throw new Error(`${name} is in a bundle, and has the licence ${licence}`);
  }
  return packages;
}

/** @param {string} folder */
export function readPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => TEXT_NAMES.test(file)) : [];
  const text = files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
  if (text === "") throw new Error(`The package ${name} comes without the text of its licence`);
  return { name, version, licence: String(license), text };
}

/**
 * What stands in `THIRD-PARTY-LICENCES.txt`, or at the end of a file that is handed out alone.
 * @param {readonly Package[]} packages
 */
export function licenceTexts(packages) {
  const list = packages.map(({ name, version, licence, text }) => {
    const title = `${name} ${version} (${licence})`;
    return `${title}\n${"-".repeat(title.length)}\n\n${text}\n`;
  });
  return `This file has code of other projects in it, under these licences.\n\n${list.join("\n\n")}`;
}
