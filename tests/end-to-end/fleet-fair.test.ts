import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let bench: FleetBench;
beforeAll(async () => {
  bench = await openFleetBench("fleet-fair");
});
afterEach(() => bench.clear());
afterAll(() => bench[Symbol.asyncDispose]());

describe("builds of several teams", () => {
  it("are done in turns by a worker that has one slot, whoever has submitted more", async () => {
    await bench.writeTemplate({ source: `omi_name = "web-\${uuidv4()}"`, build: bench.pause });
    await bench.worker("worker", ["-slots", "1"]);
    const submit = async (...argv: readonly string[]) => {
      const { code, output } = await bench.ask("build", "-detach", ...argv, "web.pkr.hcl");
      expect(code, output).toBe(0);
    };
    await submit("-group", "first");
    await bench.reached();
    for (let count = 0; count < 4; count++) await submit("-group", "many");
    for (let count = 0; count < 2; count++) await submit("-group", "few");
    await submit("-group", "many", "-priority", "high");
    await bench.go();
    const builds = async () => {
      const { output } = await bench.ask("fleet", "builds", "-json");
      return JSON.parse(output).builds as readonly {
        state: string;
        group: string;
        priority: string;
        endedAt: number;
      }[];
    };
    await expect.poll(async () => (await builds()).filter(({ state }) => state === "done").length).toBe(8);
    const order = [...(await builds())].sort((a, b) => a.endedAt - b.endedAt);
    expect(order.map(({ group, priority }) => (priority === "high" ? `${group}!` : group)).join(" ")).toBe(
      "first many! many few many few many many",
    );
  });

  it("are refused with a group or a priority that is none", async () => {
    await bench.writeTemplate();
    expect(await bench.ask("build", "-group", "Team A", "web.pkr.hcl")).toMatchObject({
      code: 2,
      output: expect.stringContaining('-group must have 1 to 40 small letters, digits and hyphens, not "Team A"'),
    });
    expect(await bench.ask("build", "-priority", "7", "web.pkr.hcl")).toMatchObject({
      code: 2,
      output: expect.stringContaining('-priority must be high or normal or low, not "7"'),
    });
    const here = bench.fleet.run(["build", "-group", "a", "web.pkr.hcl"], { folder: bench.folder });
    expect(await here.ended()).toBe(2);
    expect(here.output()).toContain("-group needs -queue");
  });
});
