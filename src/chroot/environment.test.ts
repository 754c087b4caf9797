import { describe, expect, it } from "vitest";
import { chrootEnvironment } from "./environment.ts";

const base = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
};

describe("chrootEnvironment()", () => {
  it("takes nothing of the host but proxies", () => {
    const host = {
      PATH: "/home/me/bin",
      OSC_SECRET_KEY: "s3cret",
      LD_PRELOAD: "/x.so",
      HOME: "/home/me",
      PACKER_LOG: "1",
    };
    expect(chrootEnvironment({}, host)).toEqual({ env: base, warnings: [] });
    const proxies = { http_proxy: "http://proxy:3128", HTTPS_PROXY: "proxy:3128", no_proxy: "localhost,a@b" };
    expect(chrootEnvironment({}, proxies).env).toEqual({ ...base, ...proxies });
  });

  it.each(["http://me:pass@proxy:3128", "me:pass@proxy:3128", "http://me@proxy", "http://me:p/w@proxy"])(
    "withholds %s with a warning that does not show it",
    (address) => {
      const { env, warnings } = chrootEnvironment({}, { https_proxy: address });
      expect(env).toEqual(base);
      expect(warnings).toEqual([expect.stringMatching(/^https_proxy is not passed/)]);
      expect(warnings[0]).not.toContain("proxy:3128");
    },
  );

  it("adds what the user lists, which wins and needs no warning", () => {
    const added = { PATH: "/opt/bin", https_proxy: "http://me:pass@proxy", EMPTY: "" };
    expect(chrootEnvironment(added, { https_proxy: "http://other:pass@proxy" })).toEqual({
      env: { ...base, ...added },
      warnings: [],
    });
  });
});
