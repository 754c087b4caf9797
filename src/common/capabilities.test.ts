import { describe, expect, it } from "vitest";
import { capabilityNames, capabilityNumber, hasCapability, parseCapability } from "./capabilities.ts";

describe("capabilityNumber()", () => {
  // include/uapi/linux/capability.h
  it.each([
    ["CHOWN", 0],
    ["SETPCAP", 8],
    ["SYS_MODULE", 16],
    ["SYS_ADMIN", 21],
    ["SYS_TIME", 25],
    ["MKNOD", 27],
    ["SETFCAP", 31],
    ["CHECKPOINT_RESTORE", 40],
  ] as const)("of %s is the kernel's", (name, number) => {
    expect(capabilityNumber(name)).toBe(number);
    expect(hasCapability(1n << BigInt(number), name)).toBe(true);
    expect(hasCapability(~(1n << BigInt(number)), name)).toBe(false);
  });

  it("is another for each", () => {
    expect(new Set(capabilityNames.map(capabilityNumber)).size).toBe(41);
  });
});

describe("parseCapability()", () => {
  it.each([
    ["SYS_ADMIN", "SYS_ADMIN"],
    ["cap_sys_admin", "SYS_ADMIN"],
    ["SYS_ADMINS", undefined],
    ["", undefined],
  ])("of %j", (text, expected) => expect(parseCapability(text)).toBe(expected));
});
