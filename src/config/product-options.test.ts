import { expect, it } from "vitest";
import type { RawConfig } from "../definition/raw-value.ts";
import { prepareConfig } from "./prepare-config.ts";

const base: RawConfig = { source_omi: "ami-12345678", omi_name: "web" };
const productOf = (more: RawConfig, now?: Date) =>
  prepareConfig([base, more], { env: {}, resolveRegion: () => "eu-west-2", ...(now && { now }) }).productOptions();

it("productOptions() are the given options that decide what the product is", () => {
  const more: RawConfig = {
    ...{ tags: { A: "{{.SourceOMI}}" }, boot_test: { pattern: "login" }, chroot_environment: { A: "1" } },
    ...{ secret_key: "sk", access_key: "ak", region: "eu-west-2", profile: "p", vm_id: "i-12345678" },
    ...{ timeouts: { lock: "1m" }, polling: { max: "1s" }, device_path: "/dev/xvdf", mount_path: "/mnt/image" },
    ...{ force_deregister: true, isolation: "host", copy_files: ["/etc/hosts"], skip_unchanged: true },
    ...{ root_volume_tags: { A: "1" }, packer_debug: true, omi_description: null },
  };
  expect(productOf(more)).toEqual({
    omi_name: "web",
    tags: { A: "{{.SourceOMI}}" },
    boot_test: { pattern: "login" },
    chroot_environment: { A: "1" },
  });
});

it("productOptions() are the same in every run, and not the same with another template", () => {
  const name = { omi_name: "web-{{timestamp}}-{{uuid}}-{{isotime `2006`}}" };
  const first = productOf(name, new Date("2026-01-01"));
  expect(productOf(name, new Date("2027-02-02"))).toEqual(first);
  expect(productOf({ omi_name: "web-{{timestamp}}" })).not.toEqual(first);
});

it("productOptions() read the variables of a JSON template", () => {
  const options = (stage: string) =>
    productOf({ tags: { Stage: "{{user `stage`}}" }, packer_user_variables: { stage } });
  expect(options("prod")).toMatchObject({ tags: { Stage: "prod" } });
  expect(options("test")).not.toEqual(options("prod"));
});
