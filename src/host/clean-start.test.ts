import { describe, expect, it, test } from "vitest";
import { cleanStart, withoutMachine } from "./clean-start.ts";
import { type OwnState, parseLimits, readOwnState } from "./own-state.ts";

const ALL = (1n << 41n) - 1n;
const without = (...numbers: readonly number[]) => numbers.reduce((set, number) => set & ~(1n << BigInt(number)), ALL);

function stateOf(facts: Partial<OwnState> = {}): OwnState {
  return {
    limits: new Map(),
    nice: 0,
    policy: 0,
    allowedCpus: "0-3",
    onlineCpus: "0-3",
    ioClass: "none",
    capabilities: { effective: ALL, bounding: ALL, inheritable: 0n },
    ...facts,
  };
}

const SHELL = ["/bin/sh", "-c", 'umask 022; exec "$@"', "sh"];
const fewCapabilities = { effective: without(23, 24), bounding: ALL, inheritable: 0n };

describe("cleanStart()", () => {
  it.each<[string, Partial<OwnState>, string[]]>([
    ["nothing but the umask when all is as it should be", {}, []],
    ["an ordinary niceness", { nice: 10 }, ["nice", "-n", "-10"]],
    ["a niceness that it may not lower", { nice: 10, capabilities: fewCapabilities }, []],
    ["a niceness below the ordinary", { nice: -5, capabilities: fewCapabilities }, ["nice", "-n", "5"]],
    ["ordinary scheduling", { policy: 1 }, ["chrt", "--other", "0"]],
    ["ordinary disk scheduling", { ioClass: "idle" }, ["ionice", "-c", "none"]],
    ["every processor", { allowedCpus: "2" }, ["taskset", "--cpu-list", "0-3"]],
    ["raised limits", { limits: new Map([["nofile", { soft: 64, hard: 64 }]]) }, ["prlimit", "--nofile=1024:524288"]],
    [
      "limits as high as it may",
      {
        capabilities: fewCapabilities,
        limits: new Map([
          ["nofile", { soft: 64, hard: 4096 }],
          ["fsize", { soft: 10, hard: "unlimited" }],
          ["nproc", { soft: 50, hard: 50 }],
        ]),
      },
      ["prlimit", "--fsize=unlimited:unlimited", "--nofile=1024:4096"],
    ],
  ])("gives %s", (_what, facts, words) => {
    expect(cleanStart(stateOf(facts), (name) => name)).toEqual([...words, ...SHELL]);
  });

  it("lowers the number of open files without another program", () => {
    const limits = new Map([["nofile", { soft: 1_048_576, hard: 1_048_576 }]]);
    const lines = ["/bin/sh", "-c", 'ulimit -Sn 1024; ulimit -Hn 524288; umask 022; exec "$@"', "sh"];
    expect(cleanStart(stateOf({ limits }), (name) => name)).toEqual(lines);
  });
});

describe("withoutMachine()", () => {
  const list = (names: string) => ["setpriv", "--bounding-set", names, "--inh-caps", names, "--"];
  it.each<[string, OwnState["capabilities"], string[]]>([
    [
      "clock, modules and reboot",
      { effective: ALL, bounding: ALL, inheritable: 0n },
      list("-sys_boot,-sys_module,-sys_time"),
    ],
    ["what is there", { effective: ALL, bounding: without(16, 25), inheritable: 0n }, list("-sys_boot")],
    ["nothing that is gone already", { effective: ALL, bounding: without(16, 22, 25), inheritable: 0n }, []],
    ["nothing without the right to", { effective: without(8), bounding: ALL, inheritable: 0n }, []],
  ])("takes %s", (_what, capabilities, words) => {
    expect(withoutMachine(capabilities, (name) => name)).toEqual(words);
  });
});

test("parseLimits() reads the kernel's table", () => {
  const text = `Limit                     Soft Limit           Hard Limit           Units
Max file size             unlimited            unlimited            bytes
Max open files            1024                 524288               files
Max nice priority         0                    0                    `;
  expect([...parseLimits(text)]).toEqual([
    ["fsize", { soft: "unlimited", hard: "unlimited" }],
    ["nofile", { soft: 1024, hard: 524288 }],
    ["nice", { soft: 0, hard: 0 }],
  ]);
});

test("readOwnState() reads this process", () => {
  const state = readOwnState();
  expect(state.limits.size).toBe(15);
  expect(state).toMatchObject({ policy: 0, onlineCpus: expect.stringMatching(/^\d/) });
});
