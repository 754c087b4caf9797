import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { REQUIRED_PROGRAMS } from "../src/host/system-programs.ts";

const features = ["build", "partitions", "ext4", "grow", "local-cloud"] as const;
const packages = new Set(features.flatMap((feature) => REQUIRED_PROGRAMS[feature].map(({ deb }) => deb)));
/** What no Debian is without, not even the smallest. */
const ESSENTIAL = ["coreutils"];
/** What images for containers and clouds have besides. */
const USUAL = [...ESSENTIAL, "util-linux", "mount"];

it("scripts/setup installs what a build on the local cloud needs, on the smallest Debian", () => {
  const [, list = ""] = /^run_packages=\((.*)\)$/m.exec(readFileSync("scripts/setup", "utf8")) ?? [];
  expect(list.split(" ")).toEqual(expect.arrayContaining([...packages].filter((name) => !ESSENTIAL.includes(name))));
});

it.each([
  "docs/ci.md",
  "docs/tutorial.md",
  "examples/ci/github-actions.yml",
  "examples/ci/gitlab-ci.yml",
  "Containerfile",
])("%s installs what a build needs and not every system has", (page) => {
  const text = readFileSync(page, "utf8").replaceAll("\\\n", " ");
  const lists = [...text.matchAll(/apt-get install ([^&\n]*e2fsprogs[^&\n]*)/g)].map(([, list = ""]) =>
    list.trim().split(/\s+/),
  );
  expect(lists).not.toEqual([]);
  const needed = [...packages].filter((name) => !USUAL.includes(name));
  for (const list of lists) expect(list).toEqual(expect.arrayContaining(needed));
});
