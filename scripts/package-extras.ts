import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { bashCompletion } from "../src/cli/completion/bash.ts";
import { commandTree } from "../src/cli/completion/command-tree.ts";
import { fishCompletion } from "../src/cli/completion/fish.ts";
import { zshCompletion } from "../src/cli/completion/zsh.ts";
import { version } from "../src/common/version.ts";
import { manPage } from "./man-page.ts";

// What a package of a distribution installs beside the program. Run by `npm run build`, in the folder of the project.
const tree = await commandTree();
const files = {
  "man/outscale-chroot.1": await manPage({ version, exitCodes: readFileSync("docs/exit-codes.md", "utf8") }),
  "completions/outscale-chroot.bash": bashCompletion(tree),
  "completions/_outscale-chroot": zshCompletion(tree),
  "completions/outscale-chroot.fish": fishCompletion(tree),
};
for (const folder of ["man", "completions"]) mkdirSync(`dist/${folder}`, { recursive: true });
for (const [name, content] of Object.entries(files)) writeFileSync(`dist/${name}`, content);
