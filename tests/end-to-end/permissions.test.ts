import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { permissionsPage, type RecordedPermissions } from "../../scripts/permissions-page.ts";
import { type CopyOmiInput, copyOmi } from "../../src/bake/omis/copy-omi.ts";
import { exportOmi } from "../../src/bake/omis/export-omi.ts";
import { importOmi } from "../../src/bake/omis/import-omi.ts";
import { listImages } from "../../src/bake/omis/list-images.ts";
import { pruneImages } from "../../src/bake/omis/prune-images.ts";
import type { Hook } from "../../src/builder/hook.ts";
import { ProvisionError } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { actions } from "../../src/outscale/oapi.ts";
import { type Bakery, openBakery, publicSource } from "../support/bake/bake.ts";
import { ImageOwner } from "../support/bake/image-owner.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();

/** What `npm run docs` makes docs/permissions.md of. `npx vitest run tests/end-to-end/permissions.test.ts -u` writes it. */
const RECORD = "../../scripts/recorded-permissions.json";

const failing: Hook = {
  provision: async () => {
    throw new ProvisionError("The provisioner failed");
  },
};

const EAST = "us-east-2";

describe("the API calls that a build makes", () => {
  let bakery: Bakery;
  let own: ImageOwner;
  beforeAll(async () => {
    bakery = await openBakery("permissions-test", { regions: ["eu-west-2", EAST] });
    own = new ImageOwner(bakery, "builder");
    await own.register({ ImageName: "base" });
  });
  afterAll(async () => {
    await own.api[Symbol.asyncDispose]();
    await bakery.close();
  });

  const config = {
    source_omi_filter: { filters: { "image-name": "base" }, owners: ["self"] },
    boot_check: "off",
    polling: { min: "5ms", max: "50ms" },
  };

  const unchanged = { omi_name: "unchanged", skip_unchanged: true };
  const inputs = { inputs: [], key: "key" };

  const copy = (more: Partial<CopyOmiInput>) => {
    const permissions = { accountIds: ["999999999999"], isPublic: false };
    const targets = [{ region: EAST, launch: permissions, createVolume: permissions }];
    const bucket = { bucket: "permissions", createBucket: true };
    return copyOmi({ omi: "plain", targets, ...bucket, env: bakery.env, ui: new RecordingUi(), ...more });
  };

  const here = () => ({ env: bakery.env, ui: new RecordingUi() });
  let manifest = "";

  /** What each kind of build is called in the documentation, and how it is made. */
  const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
    "every build that starts from an OMI of the account's own": () => bakery.bake({ ...config, omi_name: "plain" }),
    "a source OMI whose snapshots are not the account's, such as a public one": () =>
      bakery.bake({ ...publicSource, omi_name: "copied" }),
    "`tags`, `snapshot_tags`": () =>
      bakery.bake({ ...config, omi_name: "tagged", tags: { A: "1" }, snapshot_tags: { B: "2" } }),
    "`omi_account_ids`, `global_permission`": () =>
      bakery.bake({ ...config, omi_name: "shared", omi_account_ids: ["999999999999"] }),
    "`snapshot_account_ids`, `snapshot_groups`": () =>
      bakery.bake({ ...config, omi_name: "shared-snapshot", snapshot_account_ids: ["999999999999"] }),
    "`force_deregister`": () => bakery.bake({ ...config, omi_name: "plain", force_deregister: true }),
    "`force_deregister` with `force_delete_snapshot`": () =>
      bakery.bake({ ...config, omi_name: "plain", force_deregister: true, force_delete_snapshot: true }),
    "`skip_unchanged`, for a build": () => bakery.bake({ ...config, ...unchanged }, { inputs }),
    "`skip_unchanged`, when nothing has changed": () => bakery.bake({ ...config, ...unchanged }, { inputs }),
    "`omi list`, `omi show`, `omi prune` without `-yes`": () => listImages({ env: bakery.env }),
    "`omi prune -yes`": async () => {
      const rule = { names: ["unchanged"], keep: 0, dryRun: false };
      const pruned = await pruneImages({ ...rule, env: bakery.env, ui: new RecordingUi() });
      expect(pruned).toMatchObject([{ outcome: "removed" }]);
    },
    "`omi_regions`, in the account's own region": () => bakeFar("home-far"),
    "`omi copy`, in the OMI's region": () => copy({ name: "by-image" }),
    "`omi copy -method snapshots`, in the OMI's region": () => copy({ name: "by-snapshots", method: "snapshots" }),
    "`omi export`": async () => {
      ({ manifest } = await exportOmi({ omi: "plain", bucket: "exports", createBucket: true, ...here() }));
    },
    "`omi export -create-bucket` that fails": async () => {
      bakery.cloud.faults.add({ kind: "fail", transition: "image-export.pending" });
      const refused = exportOmi({ omi: "plain", bucket: "failing-exports", createBucket: true, ...here() });
      await expect(refused).rejects.toThrow("failed");
    },
    "`omi import`": () => importOmi({ from: { bucket: "exports", key: manifest }, name: "imported", ...here() }),
    "a build that fails before its snapshot": () =>
      expect(bakery.bake({ ...config, omi_name: "failed" }, { hook: failing })).rejects.toThrow("The provisioner"),
    "a build that fails after its snapshot": async () => {
      bakery.cloud.faults.add({ kind: "too-many-snapshots", action: "UpdateImage" });
      const refused = bakery.bake({ ...config, omi_name: "lost", omi_account_ids: ["999999999999"] });
      await expect(refused).rejects.toThrow("UpdateImage failed");
    },
  };

  /** A build that copies; each has another name. */
  const bakeFar = (omi_name: string, options: RawConfig = {}) =>
    bakery.bake({
      ...config,
      omi_name,
      omi_regions: ["us-east-2"],
      region_copy: { bucket: "permissions", create_bucket: true },
      ...options,
    });

  /** The same in the region that gets a copy. */
  const scenariosThere: typeof scenarios = {
    "`omi_regions`, in the region that gets the copy": () => bakeFar("far-there"),
    "`omi_regions` with `omi_account_ids`, `snapshot_account_ids`, `tags`, there": () =>
      bakeFar("far-shared", {
        ...{ omi_account_ids: ["999999999999"], snapshot_account_ids: ["999999999999"], tags: { A: "1" } },
      }),
    "`omi_regions` with `force_deregister` and `force_delete_snapshot`, there": () =>
      bakeFar("far-there", { force_deregister: true, force_delete_snapshot: true }),
    "`omi copy`, in the region that gets the copy": () => copy({ name: "there-by-image" }),
    "`omi copy -method snapshots`, in the region that gets the copy": () =>
      copy({ name: "there-by-snapshots", method: "snapshots" }),
  };

  it("are those that docs/permissions.md was made of", async () => {
    const record: Record<string, readonly string[]> = {};
    for (const [name, run] of Object.entries(scenarios)) {
      const calls = new RecordedCalls(bakery);
      await run();
      await bakery.cloud.idle();
      record[name] = callsOfApi(calls);
    }
    const [, east = bakery.cloud] = bakery.cloud.regions;
    for (const [name, run] of Object.entries(scenariosThere)) {
      const calls = new RecordedCalls({ cloud: east });
      await run();
      await east.idle();
      record[name] = callsOfApi(calls);
    }
    await expect(await formatted(record)).toMatchFileSnapshot(RECORD);
  });
});

/** What buckets are asked is a matter of the object storage's own rights. */
function callsOfApi(calls: RecordedCalls): readonly string[] {
  return [...new Set(calls.actions)].filter((action) => action in actions).sort();
}

/** As the linter wants files of this repository to be: `-u` writes one that can be committed. */
async function formatted(record: RecordedPermissions): Promise<string> {
  const biome = ["npx", "--no-install", "biome", "format", "--stdin-file-path=scripts/recorded-permissions.json"];
  return (await hostRunner().run(biome, { input: JSON.stringify(record) })).stdout;
}

describe("docs/permissions.md", () => {
  const record: RecordedPermissions = JSON.parse(readFileSync("scripts/recorded-permissions.json", "utf8"));

  it("is what the recorded calls give; npm run docs makes it", () => {
    expect(readFileSync("docs/permissions.md", "utf8")).toBe(permissionsPage(record));
  });

  it("has every call that the program can make", async () => {
    const { stdout } = await hostRunner().run([
      "grep",
      "-rhoE",
      "\\bapi\\.[a-z]+[A-Z][A-Za-z]+\\(",
      "src",
      "--include=*.ts",
    ]);
    const inSource = new Set(
      stdout
        .split("\n")
        .filter(Boolean)
        .map((call) => call.slice(4, -1)),
    );
    // Regions are told to everybody, whatever they may do.
    const known = new Set([...Object.values(record).flat(), "ReadRegions"]);
    const called = Object.keys(actions).filter((action) =>
      inSource.has(action.charAt(0).toLowerCase() + action.slice(1)),
    );
    const missing = called.filter((action) => !known.has(action));
    expect(missing, "Add a scenario that makes these calls, and run it with -u").toEqual([]);
  });
});
