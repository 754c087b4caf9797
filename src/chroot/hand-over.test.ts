import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { handOver } from "./hand-over.ts";

const PATH = "/usr/bin:/bin";

describe("handOver()", () => {
  it("leaves a call alone whose variables mean nothing to programs of this machine", () => {
    const call = {
      args: ["-c", "true"],
      env: { PATH, LANG: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive", APP_ENV: "x" },
    };
    expect(handOver("/bin/sh", call)).toEqual(call);
  });

  it.each([
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "GLIBC_TUNABLES",
    "GCONV_PATH",
    "BASH_ENV",
    "ENV",
    "PERL5LIB",
    "PYTHONPATH",
  ])("keeps %s from the programs on the way", (name) => {
    const { env, args } = handOver("/bin/sh", { args: ["-c", "true"], env: { PATH, [name]: "/opt/secret" } });
    expect(env).not.toHaveProperty(name);
    expect(args.join(" ")).not.toContain("/opt/secret");
  });

  it("gives the image's shell all of them, under their names and no other, with its arguments", () => {
    const values = { LD_BIND_NOT: "a 'b' \"c\"\n$(d) `e` \\", IFS: "/", ENV: "", LANG: "C" };
    const script = `printf '[%s]' "$@" "$LD_BIND_NOT" "$ENV" "$LANG" "\${OUTSCALE_CHROOT_VARIABLE_0-unset}"; exit 0`;
    const { args, env } = handOver("/bin/sh", { args: ["-c", script, "me", "-x", "y z"], env: { PATH, ...values } });
    const said = execFileSync("/bin/sh", [...args], { env, encoding: "utf8" });
    expect(said).toBe(`[-x][y z][${values.LD_BIND_NOT}][][C][unset]`);
  });
});
