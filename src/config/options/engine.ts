import { z } from "zod";
import { policyRules } from "../../common/policy-rules.ts";
import { duration, option } from "../option.ts";

const timeouts = z.strictObject({
  lock: option(duration("30m"), { about: "Until this VM's device lock is ours.", example: '"45m"' }),
  volume: option(duration("10m"), { about: "Until a volume is created, or deleted.", example: '"20m"' }),
  link: option(duration("5m"), { about: "Until a volume is linked and its disk seen, or unlinked.", example: '"2m"' }),
  snapshot: option(duration("6h"), { about: "Until a snapshot is completed.", example: '"12h"' }),
  image: option(duration("40m"), { about: "Until an OMI is available.", example: '"1h"' }),
  copy: option(duration("2h"), { about: "Until the copy of a foreign source OMI is available.", example: '"4h"' }),
});

const polling = z.strictObject({
  min: option(duration("50ms"), { about: "The shortest pause between two looks at a state.", example: '"1s"' }),
  max: option(duration("15s"), { about: "The longest pause.", example: '"30s"' }),
});

const bootTest = z.strictObject({
  pattern: option(z.string().default("login:"), {
    about: "A regular expression that must match a line of the serial console.",
    example: '"login:"',
  }),
  timeout: option(duration("5m"), { about: "How long the image has for it.", example: '"10m"' }),
  memory: option(z.int().min(64, "must be at least 64 MiB").default(1024), {
    about: "The memory of the guest, in MiB.",
    example: "2048",
  }),
  cpus: option(z.int().min(1, "must be at least 1").max(64, "must be at most 64").default(1), {
    about: "The processors of the guest.",
    example: "2",
  }),
  firmware: option(z.enum(["auto", "legacy", "uefi"]).default("auto"), {
    about: "How the guest boots; `auto` takes `uefi` for an OMI whose only boot mode is that, else `legacy`.",
    example: '"uefi"',
  }),
  run: option(z.array(z.string().regex(/\S/, "must not be empty")).default([]), {
    about:
      "Commands for `/bin/sh`, run as root one after the other in the booted image, which needs systemd: it is booted a second " +
      "time for them, with its own kernel and initrd and no network but loopback, and has `timeout` for all of it. One that fails " +
      'fails the build. Units that have failed are told of, and are an error with `boot_check = "strict"`.',
    example: '["systemctl is-active ssh", "curl -fsS localhost"]',
  }),
});

const allowance = z.string().refine(isAllowance, {
  message: `must be RULE or RULE:PATH, where PATH begins with a slash and may have *, ** and ? in it; the rules are ${policyRules.join(", ")}`,
});

/** Only what can be no broken pattern: the library of patterns is not loaded for the few who use this option. */
function isAllowance(text: string): boolean {
  const [rule = "", ...path] = text.split(":");
  const isKnown = policyRules.some((each) => each === rule);
  return isKnown && (path.length === 0 || /^\/[^[\]{}\\]*$/.test(path.join(":")));
}

const imageCheck = z.strictObject({
  level: option(z.enum(["off", "warn", "strict"]).default("warn"), {
    about: "What a finding is: nothing is looked for, a warning, or an error that ends the build before the snapshot.",
    example: '"strict"',
  }),
  allow: option(z.array(allowance).default([]), {
    about: "What may be there all the same: a rule, or a rule and a pattern of paths.",
    example: '["log", "private-key:/etc/ssl/private/*"]',
  }),
});

/** How the engine waits and what it checks. */
export const engineOptions = {
  timeouts: option(timeouts.prefault({}), {
    about: "How long each kind of wait may last.",
    example: '{\n  snapshot = "12h"\n}',
    block: "single",
  }),
  polling: option(polling.prefault({}), {
    about: "How often the state of something is asked for.",
    example: '{\n  max = "30s"\n}',
    block: "single",
  }),
  boot_check: option(z.enum(["off", "warn", "strict"]).default("warn"), {
    about:
      "Looks, without booting it, whether the image can boot: clean file systems, `fstab` and boot loader that refer to " +
      "what is there, kernel and initrd present. `strict` makes a doubt an error.",
    example: '"strict"',
  }),
  image_check: option(imageCheck.optional(), {
    about:
      "Looks in the provisioned image for what others who get the OMI should not have: keys, passwords, the access key of the " +
      "build, shell history, ids of one machine, logs, programs with more rights. See [evidence](evidence.md#what-should-not-be-in-an-image).",
    example: '{\n  level = "strict"\n  allow = ["set-id:/usr/bin/sudo"]\n}',
    defaultText: "no check",
    block: "single",
  }),
  generalise: option(z.boolean().default(false), {
    about:
      "After the last provisioner, removes from the image what belongs to one machine: SSH host keys, where something makes new ones; " +
      "the machine id; the state of cloud-init; logs, shell history, DHCP leases, random seeds, temporary files.",
    example: "true",
  }),
  boot_test: option(bootTest.optional(), {
    about: "Boots the finished volume under QEMU before anything is published, without changing it. Needs QEMU.",
    example: '{\n  timeout = "5m"\n  run     = ["systemctl is-active ssh"]\n}',
    defaultText: "no test",
    block: "single",
  }),
} as const;
