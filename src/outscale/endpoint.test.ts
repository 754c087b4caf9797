import { describe, expect, it } from "vitest";
import { ConfigError } from "../common/errors.ts";
import { parseEndpoint, regionEndpoint, regionOfEndpoint } from "./endpoint.ts";

describe("parseEndpoint()", () => {
  it.each([
    ["https://api.eu-west-2.outscale.com/api/v1", "https://api.eu-west-2.outscale.com/api/v1"],
    ["https://api.eu-west-2.outscale.com/api/v1/", "https://api.eu-west-2.outscale.com/api/v1"],
    ["https://api.eu-west-2.outscale.com", "https://api.eu-west-2.outscale.com/api/v1"],
    ["api.eu-west-2.outscale.com", "https://api.eu-west-2.outscale.com/api/v1"],
    ["http://127.0.0.1:8080/", "http://127.0.0.1:8080/api/v1"],
    ["http://gateway.example/outscale/v1", "http://gateway.example/outscale/v1"],
  ])("reads %s as %s", (text, baseUrl) => {
    expect(parseEndpoint(text)).toEqual({ baseUrl });
  });

  it.each(["unix:/run/cloud.sock", "unix:///run/cloud.sock"])("reads the socket of %s", (text) => {
    expect(parseEndpoint(text)).toEqual({ baseUrl: "http://localhost/api/v1", socketPath: "/run/cloud.sock" });
  });

  it.each(["", "ftp://host", "https://", "https://host/?a=b", "https://user@host", "unix:relative"])(
    "refuses %j",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(ConfigError);
    },
  );
});

describe("regionOfEndpoint()", () => {
  it("is the opposite of regionEndpoint()", () => {
    expect(regionOfEndpoint(regionEndpoint("cloudgouv-eu-west-1"))).toBe("cloudgouv-eu-west-1");
  });

  it.each([
    "api.us-east-2.outscale.com",
    "api.us-east-2.outscale.com:443/api/v1",
    "HTTPS://API.us-east-2.outscale.com",
  ])("reads whatever parseEndpoint() reads: %s", (endpoint) => {
    expect(regionOfEndpoint(endpoint)).toBe("us-east-2");
  });

  it("knows nothing of other hosts", () => {
    expect(regionOfEndpoint("gateway.example/api.us-east-2.outscale.com")).toBeUndefined();
    expect(regionOfEndpoint("https://api.eu-west-2.outscale.com.example/api/v1")).toBeUndefined();
    expect(regionOfEndpoint("http://127.0.0.1:8080")).toBeUndefined();
  });
});

describe("parseEndpoint()", () => {
  it.each(["https://user:hunter2@host", "user:hunter2@host", "https://user:hun@ter2@host"])(
    "does not quote the password of a refused endpoint: %s",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(/"(https:\/\/)?<sensitive>@host" is not an endpoint/);
    },
  );
});
