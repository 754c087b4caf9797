// Lists the licences of all packages that are installed, and which of them run a script when they are. Fails on a
// surprise. It reads package-lock.json and node_modules, and asks nobody. Run by `npm run licences`.
import { readFileSync } from "node:fs";
import { findSurprises, listLicences } from "./check-licences.js";
import { readPackage } from "./third-party.js";

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const surprises = findSurprises(packages);
for (const path of Object.keys(packages)) {
  const { dev, optional } = packages[path];
  if (path === "" || dev || optional) continue;
  try {
    readPackage(path);
  } catch (error) {
    surprises.push(error instanceof Error ? error.message : String(error));
  }
}
for (const line of listLicences(packages)) console.log(line);
for (const surprise of surprises) console.error(surprise);
process.exitCode = surprises.length === 0 ? 0 : 1;
