import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { secrets } from "../../../src/common/secrets.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import type { OptionProof } from "./proof-bench.ts";

/** What Packer, or our command line in its place, tells every builder. */
export const packerProofs: readonly OptionProof[] = [
  {
    options: ["packer_build_name", "packer_builder_type", "packer_core_version", "packer_user_variables"],
    shows: "templates render them, and the journal has the build's name",
    prove: async (bench) => {
      let journal = "";
      const runs = join(bench.bakery.stateFolder, "runs");
      const provision = async () => {
        journal = await readFile(join(runs, (await readdir(runs))[0] ?? ""), "utf8");
      };
      const passed = {
        ...{ packer_build_name: "rye", packer_builder_type: "outscale-chroot", packer_core_version: "1.11.2" },
        packer_user_variables: { stage: "prod" },
      };
      const omi_description = "{{build_name}} {{build_type}} {{packer_version}} {{user `stage`}}";
      const { calls } = await bench.bake({ ...passed, omi_description }, { hook: { provision } });
      expect(calls.of("CreateImage")).toMatchObject([{ Description: "rye outscale-chroot 1.11.2 prod" }]);
      expect(journal).toContain('"buildName":"rye"');
    },
  },
  {
    options: ["packer_sensitive_variables"],
    shows: "their values are masked",
    prove: async (bench) => {
      const variables = { packer_user_variables: { password: "correct-horse" } };
      bench.warnings(variables);
      expect(secrets.mask("a correct-horse")).toBe("a correct-horse");
      bench.warnings({ ...variables, packer_sensitive_variables: ["password"] });
      expect(secrets.mask("a correct-horse")).not.toContain("correct-horse");
    },
  },
  {
    options: ["packer_debug"],
    shows: "the build asks after every step",
    prove: async (bench) => {
      const { ui, events } = await bench.bake({ packer_debug: true, skip_create_omi: true });
      const steps = events.flatMap((event) => (event.type === "step-ended" ? [event.step] : []));
      expect(ui.of("ask").map((line) => /^Pausing after (\w+)\./.exec(line)?.[1])).toEqual(steps);
    },
  },
  {
    options: ["packer_on_error"],
    shows: "a failed build asks, keeps the volume, or cleans up with its provisioner",
    prove: async (bench) => {
      const asked = new RecordingUi();
      asked.answers.push("c");
      const failing = { provision: () => Promise.reject(new Error("sour")) };
      await bench.bakeInVain({ packer_on_error: "ask" }, { hook: failing, ui: asked });
      expect(asked.of("ask")).toHaveLength(1);
      for (const packer_on_error of ["abort", "run-cleanup-provisioner"]) {
        await expect(bench.bakery.bake(bench.config({ packer_on_error }), { hook: failing })).rejects.toThrow("sour");
        expect((await bench.bakery.leftovers()).volumes).toHaveLength(1);
        await bench.bakery.cleanUp();
      }
      let cleaned = 0;
      const hook = { ...failing, cleanupProvision: async () => void cleaned++ };
      for (const packer_on_error of ["abort", "run-cleanup-provisioner", "cleanup"]) {
        await bench.bakeInVain({ packer_on_error }, { hook });
      }
      expect(cleaned).toBe(2);
    },
  },
];
