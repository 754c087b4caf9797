import { describe, expect, it } from "vitest";
import { ConfigError } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import type { RawConfig, RawValue } from "../definition/raw-value.ts";
import { type PrepareContext, prepareConfig } from "./prepare-config.ts";

const context: PrepareContext = { resolveRegion: ({ region }) => region ?? "eu-west-2", env: {} };
const minimal: RawConfig = { omi_name: "web", source_omi: "ami-12345678" };
const scratch: RawConfig = {
  omi_name: "web",
  from_scratch: true,
  pre_mount_commands: ["mkfs.ext4 {{.Device}}1"],
  root_volume_size: 10,
  root_device_name: "/dev/sda1",
  omi_block_device_mappings: [{ device_name: "/dev/sda1" }],
};

function prepare(options: RawConfig, changed: Partial<PrepareContext> = {}) {
  return prepareConfig([options], { ...context, ...changed });
}

function problemsOf(options: RawConfig): string[] {
  try {
    prepare(options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ option, message }) => `${option}: ${message}`);
  }
}

/** As JSON and HCL read it: with a key of that name, which a literal of JavaScript has not. */
const withProto = (value: RawValue, more: RawConfig = {}): RawConfig => ({ ...more, ["__proto__"]: value });

describe("prepareConfig()", () => {
  it.each<[RawConfig, string[]]>([
    [withProto({ nope: 1 }, minimal), ["__proto__: is not an option"]],
    [
      withProto({ omi_name: "web" }, { source_omi: "ami-12345678" }),
      ["__proto__: is not an option", "omi_name: is required"],
    ],
    [{ ...minimal, toString: 1 } as unknown as RawConfig, ["toString: is not an option"]],
    [
      {
        ...minimal,
        omi_block_device_mappings: [withProto({ delete_on_vm_deletion: true }, { device_name: "/dev/xvdb" })],
      },
      ["omi_block_device_mappings[0].__proto__: is not an option"],
    ],
    [{ ...minimal, tags: withProto("x") }, ["tags.__proto__: cannot be the name of an entry"]],
    [{ ...minimal, tags: [withProto("x"), { a: "b" }] }, ["tags[0].__proto__: cannot be the name of an entry"]],
    [
      { omi_name: "web", source_omi_filter: { filters: withProto("x", { "image-name": "a" }), owners: ["a"] } },
      ["source_omi_filter.filters.__proto__: cannot be the name of an entry"],
    ],
    [{ ...minimal, packer_user_variables: withProto("x"), packer_sensitive_variables: ["toString", "__proto__"] }, []],
  ])("takes no name for one of JavaScript's own: %j", (options, expected) => {
    expect(problemsOf(options)).toEqual(expected);
  });

  it("and loses no option of one of several templates to it", () => {
    const given = [minimal, withProto({ nope: 1 }), { omi_description: "x" }];
    expect(() => prepareConfig(given, context)).toThrow("__proto__");
  });

  it("fills in the defaults", () => {
    const { config, warnings } = prepare(minimal);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      omiName: "web",
      sourceOmi: "ami-12345678",
      sourceFilter: undefined,
      mountPath: "/mnt/packer-outscale-chroot-volumes/{{.Device}}",
      mountPartition: undefined,
      commandWrapper: "{{.Command}}",
      copyFiles: ["/etc/resolv.conf"],
      isolation: "private",
      rootVolumeType: undefined,
      packerOnError: "cleanup",
      timeouts: {
        lock: 1_800_000,
        volume: 600_000,
        link: 300_000,
        snapshot: 21_600_000,
        image: 2_400_000,
        copy: 7_200_000,
      },
      polling: { min: 50, max: 15_000 },
      bootCheck: "warn",
      bootTest: undefined,
      quietServices: true,
      metadataEndpoint: "http://169.254.169.254",
      deviceFolder: "/dev",
      stateFolder: "/var/lib/outscale-chroot",
      linkFolder: "/run/outscale-chroot",
    });
    expect(config.chrootMounts).toEqual([]); // what this machine has is for the mounting to say
  });

  it("has the defaults of a build from scratch", () => {
    const { config } = prepare(scratch);
    expect(config).toMatchObject({ copyFiles: [], rootVolumeType: "gp2", sourceOmi: undefined });
  });

  it("lets later raws win, option by option", () => {
    const { config } = prepareConfig(
      [
        { ...minimal, tags: { A: "1" } },
        { omi_name: "store", packer_force: true },
      ],
      context,
    );
    expect(config).toMatchObject({ omiName: "store", tags: { A: "1" }, forceDeregister: true });
  });

  it("joins what can be written in two ways", () => {
    const { config } = prepare({
      ...minimal,
      omi_groups: ["all"],
      snapshot_groups: "all",
      product_codes: ["0001"],
      omi_product_codes: ["0001", "0002"],
      tags: { A: "1" },
      tag: [{ key: "B", value: "2" }],
      snapshot_tag: [{ key: "C", value: "3" }],
    });
    expect(config).toMatchObject({
      omiIsPublic: true,
      snapshotIsPublic: true,
      productCodes: ["0001", "0002"],
      tags: { A: "1", B: "2" },
      snapshotTags: { C: "3" },
    });
  });

  it("keeps the keys of maps, and has camelCase keys elsewhere", () => {
    const { config } = prepare({
      ...minimal,
      tags: { my_key: "1" },
      omi_block_device_mappings: [{ device_name: "/dev/xvdb", volume_size: 10, delete_on_vm_deletion: true }],
      chroot_mounts: [["tmpfs", "none", "/run"]],
    });
    expect(config.tags).toEqual({ my_key: "1" });
    expect(config.omiBlockDeviceMappings).toEqual([
      {
        deviceName: "/dev/xvdb",
        deleteOnVmDeletion: true,
        iops: undefined,
        noDevice: false,
        snapshotId: undefined,
        virtualName: undefined,
        volumeSize: 10,
        volumeType: undefined,
      },
    ]);
    expect(config.chrootMounts).toEqual([{ fsType: "tmpfs", source: "none", target: "/run" }]);
  });

  it("takes engine settings from the environment, and the template's first", () => {
    const env = {
      OUTSCALE_CHROOT_METADATA_ENDPOINT: "http://127.0.0.1:1",
      OUTSCALE_CHROOT_DEVICE_FOLDER: "/cloud/dev",
      OUTSCALE_CHROOT_STATE: "/state",
      OUTSCALE_CHROOT_VM_ID: "i-11111111",
    };
    const expected = {
      metadataEndpoint: "http://127.0.0.1:1",
      deviceFolder: "/cloud/dev",
      stateFolder: "/state",
      linkFolder: "/state/links",
    };
    expect(prepare(minimal, { env }).config).toMatchObject({ ...expected, vmId: "i-11111111" });
    const own = { ...minimal, vm_id: "i-22222222", metadata_endpoint: "http://127.0.0.1:2" };
    expect(prepare(own, { env }).config).toMatchObject({ vmId: "i-22222222", metadataEndpoint: "http://127.0.0.1:2" });
  });

  it("renders templates at once, but for the options that are rendered late", () => {
    const { config, renderContext } = prepare(
      {
        ...minimal,
        packer_build_name: "debian",
        packer_core_version: "1.11.2",
        packer_user_variables: { stage: "prod" },
        omi_name: '{{clean_omi_name "a@b"}} {{build_name}}',
        omi_description: "{{user `stage`}} of {{.SourceOMI}}",
        snapshot_description: "{{user `stage`}}, Packer {{packer_version}}",
        chroot_environment: { "{{user `stage`}}": "{{isotime `2006`}}" },
      },
      { now: new Date("2026-05-06T07:08:09Z") },
    );
    expect(config).toMatchObject({
      omiName: "a-b debian",
      omiDescription: "{{user `stage`}} of {{.SourceOMI}}",
      snapshotDescription: "prod, Packer 1.11.2",
      chrootEnvironment: { prod: "2026" },
    });
    expect(renderContext).toMatchObject({ buildName: "debian", userVariables: { stage: "prod" } });
  });

  it("keeps an omi_name that the source OMI has a part in", () => {
    expect(prepare({ ...minimal, omi_name: "{{.SourceOMIName}} plus" }).config.omiName).toBe("{{.SourceOMIName}} plus");
  });

  it("registers what is secret", () => {
    prepare({
      ...minimal,
      access_key: "AKPREPARETEST",
      secret_key: "SKPREPARETEST",
      packer_user_variables: { password: "hunter2-prepare" },
      packer_sensitive_variables: ["password"],
    });
    expect(secrets.mask("AKPREPARETEST SKPREPARETEST hunter2-prepare")).toBe("<sensitive> <sensitive> <sensitive>");
  });

  it("tells every problem at once, each with its place", () => {
    const options = {
      omi_nmae: "web",
      source_omi: "vol-1",
      root_volume_size: "big",
      omi_boot_modes: ["bios"],
      omi_block_device_mappings: [{ volume_size: 20000, delete_on_termination: true }],
      mount_path: "{{.Devise}}",
      timeouts: { lock: "soon" },
      tags: "none",
      copy_files: ["etc/hosts"],
      chroot_mounts: [["proc", "/proc"]],
    };
    expect(problemsOf(options)).toEqual([
      "mount_path: uses {{.Devise}}, but only {{.Device}} can be used here",
      "omi_nmae: is not an option",
      'source_omi: must be an OMI id such as "ami-1a2b3c4d"',
      "root_volume_size: must be a number",
      'omi_boot_modes[0]: must be "legacy" or "uefi", not "bios"',
      "omi_block_device_mappings[0].device_name: is required",
      "omi_block_device_mappings[0].volume_size: must be at most 14901 GiB",
      "omi_block_device_mappings[0].delete_on_termination: is not an option",
      'timeouts.lock: must be a duration such as "30m" or "1h30m", and more than zero',
      "tags: must be a map",
      "copy_files[0]: must be an absolute path",
      "chroot_mounts[0]: must have exactly three parts: [type, source, target]",
      "omi_name: is required",
    ]);
  });

  it.each<[string, RawConfig, string]>([
    ["no source", { omi_name: "web" }, "source_omi: is required"],
    ["one key", { ...minimal, access_key: "AK" }, "secret_key: is required with access_key"],
    ["an unknown region", { ...minimal, region: "eu-west-3" }, 'region: is not a region that is known: "eu-west-3"'],
    [
      "another region without a bucket",
      { ...minimal, omi_regions: ["eu-west-2", "us-east-2", "us-west-1"] },
      'region_copy.bucket: is required: the way to "us-east-2", "us-west-1" is a bucket',
    ],
    [
      "a region that would be another address",
      { ...minimal, omi_regions: ["us-east-2.example"] },
      'omi_regions[0]: must be a region such as "us-east-2"',
    ],
    [
      "a bucket that can be none",
      { ...minimal, region_copy: { bucket: "Acme" } },
      "region_copy.bucket: must be a bucket's name: 3 to 63 lower-case letters, digits and hyphens",
    ],
    [
      "paravirtual",
      { ...minimal, omi_virtualization_type: "paravirtual" },
      'omi_virtualization_type: cannot be "paravirtual": the service only runs "hvm"',
    ],
    ["a group", { ...minimal, omi_groups: ["staff"] }, 'omi_groups[0]: must be "all", not "staff"'],
    [
      "a short account id",
      { ...minimal, omi_account_ids: [123] },
      "omi_account_ids[0]: must be an account id: 12 digits, in quotes",
    ],
    [
      "no VM id",
      { ...minimal, skip_metadata_api_check: true },
      "skip_metadata_api_check: needs the id of this VM, as nothing else tells it then",
    ],
    [
      "a host folder",
      { ...minimal, mount_path: "/usr/" },
      'mount_path: must not be a folder that this VM itself needs: "/usr/"',
    ],
    [
      "a relative mount path",
      { ...minimal, mount_path: "mnt" },
      'mount_path: must be an absolute path without "..", not "mnt"',
    ],
    [
      "a wrapper without command",
      { ...minimal, command_wrapper: "sudo" },
      "command_wrapper: does not use {{.Command}}, so no command would ever run",
    ],
    [
      "a relative target",
      { ...minimal, chroot_mounts: [["proc", "proc", "proc"]] },
      'chroot_mounts[0]: must have an absolute path as target, not "proc"',
    ],
    [
      "a bind of nothing",
      { ...minimal, chroot_mounts: [["bind", "dev", "/dev"]] },
      'chroot_mounts[0]: must have an absolute path as source of a bind mount, not "dev"',
    ],
    [
      "a right of root",
      { ...minimal, chroot_capabilities: ["SYS_ADMINS"] },
      'chroot_capabilities[0]: is no capability of Linux: "SYS_ADMINS"',
    ],
    [
      "a device's path",
      { ...minimal, chroot_devices: ["/dev/../etc/passwd"] },
      'chroot_devices[0]: must be "/dev" or a path below it without ".."',
    ],
    [
      "a variable's name",
      { ...minimal, chroot_environment: { "A-B": "1" } },
      'chroot_environment: has "A-B", which cannot be the name of a variable',
    ],
    [
      "polling upside down",
      { ...minimal, polling: { min: "1m", max: "1s" } },
      "polling.min: must not be longer than polling.max",
    ],
    [
      "a rule that there is not",
      { ...minimal, image_check: { allow: ["keys"] } },
      "image_check.allow[0]: must be RULE or RULE:PATH, where PATH begins with a slash and may have *, ** and ? in it; the rules are access-key, authorized-keys, cloud-init-state, credentials, host-key, log, machine-id, network-state, password, private-key, random-seed, set-id, shell-history, world-writable",
    ],
    [
      "a path that is none",
      { ...minimal, image_check: { allow: ["log:/var/log/*", "set-id", "log:var/log"] } },
      "image_check.allow[2]: must be RULE or RULE:PATH, where PATH begins with a slash and may have *, ** and ? in it; the rules are access-key, authorized-keys, cloud-init-state, credentials, host-key, log, machine-id, network-state, password, private-key, random-seed, set-id, shell-history, world-writable",
    ],
    [
      "a broken pattern",
      { ...minimal, boot_test: { pattern: "(" } },
      "boot_test.pattern: Invalid regular expression: /(/: Unterminated group",
    ],
    ["an empty tag key", { ...minimal, tags: { "": "1" } }, "tags: has a tag without a key"],
    [
      "a long tag",
      { ...minimal, tag: [{ key: "A", value: "x".repeat(256) }] },
      'tag[0]: has a value of 256 characters for "A", over 255',
    ],
    [
      "a field of another option",
      { ...minimal, omi_description: "{{.Device}}" },
      "omi_description: uses {{.Device}}, but only {{.BuildRegion}}, {{.SourceOMI}}, {{.SourceOMIName}}, {{.SourceOMITags}} can be used here",
    ],
    [
      "a field where there is none",
      { ...minimal, region: "{{.Device}}" },
      "region: uses {{.Device}}, but there is no such value here",
    ],
    ["a size of zero", { ...minimal, root_volume_size: 0 }, "root_volume_size: must be at least 1 GiB"],
    ["scratch without size", { ...scratch, root_volume_size: null }, "root_volume_size: is required with from_scratch"],
    [
      "scratch without root mapping",
      { ...scratch, omi_block_device_mappings: [{ device_name: "/dev/xvdb", volume_size: 1 }] },
      'omi_block_device_mappings: has no mapping of the root device "/dev/sda1", so the OMI would lack what was built',
    ],
    [
      "scratch whose root has another snapshot",
      { ...scratch, omi_block_device_mappings: [{ device_name: "/dev/sda1", snapshot_id: "snap-12345678" }] },
      "omi_block_device_mappings[0].snapshot_id: cannot be set for the root device, which carries the snapshot that is built",
    ],
    [
      "scratch on io1 without iops",
      { ...scratch, root_volume_type: "io1" },
      'omi_block_device_mappings[0].iops: is required for volume_type "io1"',
    ],
  ])("refuses %s", (_, options, problem) => {
    expect(problemsOf(options)).toContain(problem);
  });

  it("accepts an unknown region when told to, or with an endpoint of its own", () => {
    expect(problemsOf({ ...minimal, region: "moon-1", skip_region_validation: true })).toEqual([]);
    expect(problemsOf({ ...minimal, region: "moon-1", custom_endpoint_oapi: "http://127.0.0.1:3000" })).toEqual([]);
  });

  it.each<[RawConfig, string]>([
    [
      { mfa_code: "1234" },
      "mfa_code has no effect: the service has neither one-time codes nor session tokens for its API",
    ],
    [{ force_delete_snapshot: true }, "force_delete_snapshot has an effect only with force_deregister, or -force"],
  ])("warns about %j", (options, warning) => {
    expect(prepare({ ...minimal, ...options }).warnings).toEqual([warning]);
  });

  it("warns about a source that a build from scratch does not use", () => {
    const { config, warnings } = prepare({ ...scratch, source_omi: "ami-12345678", source_omi_filter: {} });
    expect(warnings).toEqual(["source_omi and source_omi_filter are not used with from_scratch = true"]);
    expect(config).toMatchObject({ sourceOmi: undefined, sourceFilter: undefined });
  });

  it("accepts options of Packer's that it has no use for", () => {
    expect(problemsOf({ ...minimal, type: "outscale-chroot", packer_template_path: "/x.json" })).toEqual([]);
  });
});
