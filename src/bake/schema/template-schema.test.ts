import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { validate as validateTemplate } from "../validate.ts";
import { legacyJsonSchema } from "./legacy-json-schema.ts";
import { pkrJsonSchema } from "./pkr-json-schema.ts";

const ajv = new Ajv2020({ strict: true, allowMatchingProperties: true });
const schemas = { "pkr-json": ajv.compile(pkrJsonSchema()), "legacy-json": ajv.compile(legacyJsonSchema()) };
type Kind = keyof typeof schemas;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "template-schema-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the loader says of a template: nothing when all is well. */
async function loaderSays(kind: Kind, template: unknown): Promise<string> {
  const path = join(folder, kind === "pkr-json" ? "web.pkr.json" : "web.json");
  writeFileSync(path, JSON.stringify(template));
  return validateTemplate({ template: path, env: {} }).then(
    () => "",
    (error: Error) => error.message,
  );
}

function schemaSays(kind: Kind, template: unknown): string {
  return schemas[kind](template) ? "" : JSON.stringify(schemas[kind].errors);
}

const options = { omi_name: "web", source_omi: "ami-12345678" };
const withSource = (source: object, build: object = {}, more: object = {}) => ({
  ...more,
  source: { "outscale-chroot": { web: source } },
  build: { sources: ["source.outscale-chroot.web"], ...build },
});
const withBuilder = (builder: object, more: object = {}) => ({
  builders: [{ type: "outscale-chroot", ...builder }],
  ...more,
});

const good: readonly (readonly [Kind, object])[] = [
  ["pkr-json", withSource(options)],
  [
    "pkr-json",
    withSource({ ...options, root_volume_size: "15", from_scratch: "false", omi_description: true, region: null }),
  ],
  [
    "pkr-json",
    withSource(
      {
        ...options,
        root_volume_size: "${var.size}",
        root_volume_type: "${local.type}",
        tags: { a: 1, b: "${var.size}" },
      },
      {},
      { variable: { size: { type: "number", default: 15 } }, locals: { type: "gp2" }, "//": "a comment" },
    ),
  ],
  [
    "pkr-json",
    withSource({
      ...options,
      tag: [{ key: "a", value: "b" }],
      dynamic: { tag: { for_each: ["x"], content: { key: "${tag.value}", value: "v" } } },
    }),
  ],
  [
    "pkr-json",
    {
      ...withSource(
        {
          from_scratch: true,
          root_volume_size: 10,
          root_device_name: "/dev/sda1",
          pre_mount_commands: ["mkfs.ext4 {{.Device}}"],
          omi_block_device_mappings: { device_name: "/dev/sda1", volume_size: 10 },
        },
        { source: { "source.outscale-chroot.web": { name: "a", omi_name: "web-a" } } },
      ),
      build: { source: { "source.outscale-chroot.web": { name: "a", omi_name: "web-a" } } },
    },
  ],
  [
    "pkr-json",
    withSource(options, {
      name: "n",
      provisioner: [
        { shell: { inline: ["true"], max_retries: "2", only: ["outscale-chroot.web"] } },
        { shell: [{ inline: ["a"] }, { inline: ["b"] }] },
      ],
      "error-cleanup-provisioner": { shell: { inline: ["true"] } },
      "post-processor": { manifest: { output: "m.json", keep_input_artifact: true } },
      "post-processors": [{ "post-processor": [{ artifice: { files: ["x"] } }, { checksum: {} }] }],
    }),
  ],
  [
    "pkr-json",
    withSource(
      options,
      {},
      {
        packer: {
          required_version: ">= 1.7",
          required_plugins: { outscale: { source: "github.com/outscale/outscale", version: ">= 1" } },
        },
        data: { "outscale-omi": { base: { owners: ["self"], filters: { "image-name": "x" }, most_recent: true } } },
        variable: [
          {
            a: {
              default: "x",
              description: "d",
              validation: { condition: '${var.a != ""}', error_message: "Not empty." },
            },
          },
        ],
        local: { b: { expression: "${var.a}", sensitive: true } },
        variables: { c: "d" },
      },
    ),
  ],
  ["legacy-json", withBuilder(options)],
  [
    "legacy-json",
    withBuilder({ ...options, name: "x", root_volume_size: "15", from_scratch: 0, omi_account_ids: "123456789012" }),
  ],
  [
    "legacy-json",
    withBuilder(
      { ...options, omi_name: "{{user `n`}}", root_volume_size: "{{user `size`}}", root_volume_type: "{{user `t`}}" },
      {
        variables: { n: "web", size: "15", t: "gp2", must: "x" },
        "sensitive-variables": ["must"],
        _comment: "x",
        min_packer_version: "1.0.0",
      },
    ),
  ],
  [
    "legacy-json",
    withBuilder(options, {
      provisioners: [
        { type: "shell", inline: "true", valid_exit_codes: "0,3", override: { "outscale-chroot": { inline: ["a"] } } },
        { type: "sleep", duration: "1s" },
      ],
      "error-cleanup-provisioner": { type: "shell", inline: ["true"] },
      "post-processors": [
        "manifest",
        { type: "manifest", output: "m.json", name: "m" },
        [{ type: "artifice", files: ["x"] }, "checksum"],
      ],
    }),
  ],
  ["legacy-json", { Builders: [{ type: "outscale-chroot", ...options }] }],
];

const refused: readonly (readonly [Kind, object, string])[] = [
  ["pkr-json", withSource({ ...options, omi_nmae: "x" }), "omi_nmae"],
  ["pkr-json", withSource({ ...options, root_volume_size: "big" }), "root_volume_size"],
  ["pkr-json", withSource({ ...options, root_volume_type: "ssd" }), "root_volume_type"],
  ["pkr-json", withSource({ ...options, tag: { key: "a", vlaue: "b" } }), "tag"],
  ["pkr-json", withSource(options, { provisioner: { shell: { inlin: ["true"] } } }), "inlin"],
  ["pkr-json", withSource(options, { "post-processor": { manifest: { outptu: "x" } } }), "outptu"],
  ["pkr-json", withSource(options, { provisoner: {} }), "provisoner"],
  ["pkr-json", withSource(options, {}, { variabel: {} }), "variabel"],
  ["pkr-json", withSource(options, {}, { variable: { a: { defualt: 1 } } }), "defualt"],
  ["legacy-json", withBuilder({ ...options, omi_nmae: "x" }), "omi_nmae"],
  ["legacy-json", withBuilder({ ...options, root_volume_size: "big" }), "root_volume_size"],
  ["legacy-json", withBuilder(options, { provisioners: [{ type: "shell", inlin: ["true"] }] }), "inlin"],
  ["legacy-json", withBuilder(options, { "post-processors": [[{ type: "manifest", outptu: "x" }]] }), "outptu"],
  ["legacy-json", withBuilder(options, { provisoners: [] }), "provisoners"],
  ["legacy-json", { builders: [{ ...options }] }, "type"],
];

describe("the JSON Schemas of templates", () => {
  it.each(["pkr-json", "legacy-json"] as const)("docs/%s.schema.json is what `npm run docs` makes", (kind) => {
    const made = kind === "pkr-json" ? pkrJsonSchema() : legacyJsonSchema();
    expect(JSON.parse(readFileSync(`docs/${kind}.schema.json`, "utf8"))).toEqual(JSON.parse(JSON.stringify(made)));
  });

  it.each(good)("accept what the loader accepts, %s: %j", async (kind, template) => {
    expect(await loaderSays(kind, template)).toBe("");
    expect(schemaSays(kind, template)).toBe("");
  });

  it.each(refused)("refuse what the loader refuses, %s: %j", async (kind, template, name) => {
    expect(await loaderSays(kind, template)).toContain(name);
    expect(schemaSays(kind, template)).not.toBe("");
  });

  it("accept every JSON template of the documentation", () => {
    const pages = readdirSync("docs").filter((name) => name.endsWith(".md"));
    const blocks = pages.flatMap((page) =>
      [...readFileSync(join("docs", page), "utf8").matchAll(/^```json\n(.*?)^```$/gms)].map(([, text = ""]) => text),
    );
    const templates = blocks.map((text): unknown => JSON.parse(text)).filter((each) => isTemplate(each));
    expect(templates.length).toBeGreaterThanOrEqual(2);
    for (const template of templates) {
      const kind = "builders" in template ? "legacy-json" : "pkr-json";
      expect(schemaSays(kind, template)).toBe("");
    }
  });
});

function isTemplate(value: unknown): value is object {
  return typeof value === "object" && value !== null && ("builders" in value || "build" in value);
}
