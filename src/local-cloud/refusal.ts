/** One refusal of the API: the HTTP status, and what stands in `Errors[0]`. */
interface RefusalKind {
  readonly status: number;
  readonly code: string;
  readonly type: string;
}

const denied = (status: number, code: string): RefusalKind => ({ status, code, type: "AccessDenied" });
const parameter = (code: string): RefusalKind => ({ status: 400, code, type: "InvalidParameterValue" });
const resource = (code: string): RefusalKind => ({ status: 400, code, type: "InvalidResource" });
const state = (code: string, type = "InvalidState"): RefusalKind => ({ status: 409, code, type });
const conflict = (code: string): RefusalKind => ({ status: 409, code, type: "ResourceConflict" });
const tooMany = (code: string): RefusalKind => ({ status: 400, code, type: "TooManyResources" });

/**
 * Every refusal, under a name of ours. Those that the platform has never been seen to give are marked `chosen`: the
 * number fits by its name, and docs/local-cloud.md lists them.
 * @see OUTSCALE, "API Errors"
 */
export const refusals = {
  "unknown-action": { status: 400, code: "0", type: "DefaultError" }, // chosen
  "not-supported-here": { status: 400, code: "0", type: "NotEmulated" }, // ours alone: no platform answers this
  "bad-signature": denied(401, "1"),
  "wrong-method": denied(405, "2"),
  "not-yours": denied(401, "4"), // chosen
  throttled: denied(503, "6"),
  "no-authentication": denied(403, "8"),
  "locked-out": denied(401, "13"),
  "unknown-scheme": denied(401, "12"),
  "throttled-account": denied(429, "24"),
  "throttled-call": denied(429, "25"),
  "internal-error": { status: 500, code: "2000", type: "InternalError" }, // chosen

  "bad-device-name": parameter("4019"),
  "bad-image-name": parameter("4026"),
  "bad-iops": parameter("4029"),
  "bad-parameter": parameter("4045"),
  "bad-root-mapping": parameter("4057"),
  "bad-volume-size": parameter("4078"),
  "bad-id-prefix": parameter("4104"),
  "bad-id": parameter("4105"),
  "bad-length": parameter("4106"), // chosen
  "page-token-expired": parameter("4116"),
  "bad-page-token": parameter("4117"),
  "unknown-access-key": parameter("4120"),
  "volume-too-small": parameter("4125"),
  "bad-iops-ratio": parameter("4202"),

  "no-such-subregion": resource("5009"),
  "no-such-image": resource("5023"),
  "no-such-region": resource("5043"),
  "no-such-snapshot": resource("5054"),
  "no-such-vm": resource("5063"),
  "no-such-volume": resource("5064"),

  "bad-image-state": state("6001"), // chosen
  "bad-state": state("6003"), // chosen
  "bad-vm-state": state("6006"), // chosen
  "bad-volume-state": state("6007", "InvalidVolumeState"),

  busy: conflict("9002"), // chosen
  "device-taken": conflict("9004"), // chosen
  "duplicate-name": conflict("9015"), // chosen
  "volume-not-linked": conflict("9063"), // chosen
  "other-subregion": conflict("9071"), // chosen

  "too-many-concurrent-snapshots": tooMany("10008"),
  "too-many-volumes": tooMany("10018"),
  "too-many-gib": tooMany("10024"),
  "too-many-iops": tooMany("10025"),
  "too-many-snapshots": tooMany("10026"),
  "too-many-tags": tooMany("10041"),
  "too-many-exports": tooMany("10000"), // chosen
  "too-many-images": tooMany("10000"), // chosen
} as const satisfies Record<string, RefusalKind>;

export type RefusalName = keyof typeof refusals;

/** A request is refused; the server turns it into the API's answer. Nothing has been changed when it is thrown. */
export class Refusal extends Error {
  readonly refusal: RefusalName;
  readonly status: number;
  readonly body: { readonly Code: string; readonly Type: string; readonly Details: string };

  constructor(refusal: RefusalName, details: string) {
    super(details);
    this.name = "Refusal";
    this.refusal = refusal;
    const { status, code, type } = refusals[refusal];
    this.status = status;
    this.body = { Code: code, Type: type, Details: details };
  }
}
