import { describe, expect, it } from "vitest";
import { readTask } from "./arguments.ts";

describe("readTask()", () => {
  it.each<[string, ReturnType<typeof readTask>]>([
    ["", { kind: "serve", form: "bare", usesProtobuf: false }],
    ["describe", { kind: "describe" }],
    ["start builder -packer-default-plugin-name-", { kind: "serve", form: "named", usesProtobuf: false }],
    ["start builder --protobuf -packer-default-plugin-name-", { kind: "serve", form: "named", usesProtobuf: true }],
    ["start --protobuf builder chroot", { kind: "serve", form: "named", usesProtobuf: true }],
    ["start provisioner chroot", { kind: "unknown", reason: "There is no provisioner in this plugin, only a builder" }],
    ["start builder bsu", { kind: "unknown", reason: 'There is no builder "bsu" in this plugin' }],
    ["build web.json", { kind: "unknown", reason: "Unknown arguments: build web.json" }],
    ["describe me", { kind: "unknown", reason: "Unknown arguments: describe me" }],
  ])("%j", (line, task) => {
    expect(readTask(line.split(" ").filter(Boolean))).toEqual(task);
  });
});
