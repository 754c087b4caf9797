/** The names that users of the original know from its documentation and logs. */
export type StepName =
  | "StepCheckAuth"
  | "StepPreValidate"
  | "StepCheckRegions"
  | "StepVmInfo"
  | "StepSourceOMIInfo"
  | "StepCheckRootDevice"
  | "StepSkipUnchanged"
  | "StepCopySourceOMI"
  | "StepCreateVolume"
  | "StepTakeOverRun"
  | "StepTakeOverVolume"
  | "StepFlock"
  | "StepPrepareDevice"
  | "StepLinkVolume"
  | "StepEarlyUnflock"
  | "StepPreMountCommands"
  | "StepMountDevice"
  | "StepPostMountCommands"
  | "StepMountExtra"
  | "StepCopyFiles"
  | "StepChrootProvision"
  | "StepGeneralise"
  | "StepInspectImage"
  | "StepImageCheck"
  | "StepBootCheck"
  | "StepEarlyCleanup"
  | "StepBootTest"
  | "StepSnapshot"
  | "StepDeregisterOMI"
  | "StepCreateOMI"
  | "StepUpdateOMIAttributes"
  | "StepCreateTags"
  | "StepCopyRegions";

/** What happens in a build, for programs. Times are milliseconds since the epoch. */
export type BuildEvent =
  | { readonly type: "build-started"; readonly runId: string; readonly at: number }
  /** The `number`th of `count` steps: those that the options ask for. One that is tried again has the same number. */
  | {
      readonly type: "step-started";
      readonly step: StepName;
      readonly number: number;
      readonly count: number;
      readonly at: number;
    }
  | {
      readonly type: "step-ended";
      readonly step: StepName;
      readonly at: number;
      readonly elapsedMs: number;
      readonly outcome: "done" | "failed" | "cancelled";
    }
  /** `shell (web.pkr.hcl:12)`, the `number`th of `count`. Told by whoever runs a template's provisioners: Packer tells nothing. */
  | {
      readonly type: "provisioner-started";
      readonly provisioner: string;
      readonly number: number;
      readonly count: number;
      readonly at: number;
      /** Each of its tries fails when it has taken this long. */
      readonly timeoutMs?: number;
    }
  | {
      readonly type: "provisioner-ended";
      readonly provisioner: string;
      readonly at: number;
      /** With its pauses and retries. */
      readonly elapsedMs: number;
      readonly outcome: "done" | "failed" | "cancelled";
    }
  /** A long wait: `percent` is 0 to 100 where the service tells it; `detail` is its latest news, and may change all the time. */
  | {
      readonly type: "progress";
      readonly step: StepName | undefined;
      readonly subject: string;
      readonly state: string;
      readonly percent: number | undefined;
      readonly detail?: string;
      readonly elapsedMs: number;
      /** The wait fails when it has taken this long. */
      readonly timeoutMs?: number;
    }
  /** A call of the API failed in a way that may pass: attempt `attempt` of `attempts` comes in `delayMs`. */
  | {
      readonly type: "retry";
      readonly action: string;
      readonly attempt: number;
      readonly attempts: number;
      readonly reason: string;
      readonly delayMs: number;
      readonly at: number;
    }
  /** The call was answered at last, or is given up. */
  | { readonly type: "retry-ended"; readonly action: string; readonly at: number }
  /** Something is taken down or put back: `Deleting the volume vol-1a2b3c4d`. */
  | { readonly type: "release-started"; readonly release: string; readonly at: number }
  | { readonly type: "release-ended"; readonly release: string; readonly at: number }
  | {
      readonly type: "resource";
      readonly kind: string;
      readonly id: string;
      readonly change: "acquired" | "released" | "kept" | "left";
    }
  | { readonly type: "warning"; readonly message: string }
  /** Whose account it is, once the credentials are known to be good. */
  | { readonly type: "account"; readonly accountId: string; readonly region: string; readonly endpoint: string }
  /** What the image starts from, unless it is made from scratch. */
  | {
      readonly type: "source";
      readonly imageId: string;
      readonly imageName: string;
      readonly accountId: string;
      readonly createdAt: string;
      readonly snapshotId: string;
    }
  /** With `skip_unchanged`: all that decides what the product is. */
  | {
      readonly type: "inputs";
      /** Digests that say nothing to who has not the key: equal ones are of equal inputs. */
      readonly inputs: readonly { readonly name: string; readonly digest: string }[];
      /** Of all of them; it is in a tag of the product. */
      readonly digest: string;
      /** The OMI that was made of the same before, when there is one: then nothing is built. */
      readonly reusedImageId: string | undefined;
    }
  /** One attempt of a call of the API has come to its end. */
  | {
      readonly type: "api-call";
      readonly action: string;
      /** Counted from 1. */
      readonly attempt: number;
      readonly at: number;
      readonly elapsedMs: number;
      /** HTTP's; undefined when no answer came. */
      readonly status: number | undefined;
      readonly requestId: string | undefined;
      /** The API's code of a failure. */
      readonly errorCode: string | undefined;
    }
  /** A wait for the cloud is over: `subject` is `snapshot snap-1a2b3c4d`, `goal` what it was to come to. */
  | {
      readonly type: "wait-ended";
      readonly step: StepName | undefined;
      readonly subject: string;
      readonly goal: string;
      readonly at: number;
      readonly elapsedMs: number;
      /** So long at most it had come to its goal before it was seen to; absent where that is not known. */
      readonly lateMs?: number;
      readonly outcome: "done" | "failed" | "cancelled";
    }
  /** What belonged to one machine was removed (`generalise`): a line for each kind of thing. */
  | {
      readonly type: "generalised";
      readonly at: number;
      readonly elapsedMs: number;
      readonly changes: readonly string[];
    }
  /** It was looked for what an image that others get should not have (`image_check`). */
  | {
      readonly type: "image-checked";
      readonly at: number;
      readonly elapsedMs: number;
      readonly level: "warn" | "strict";
      readonly findings: readonly {
        readonly rule: string;
        readonly path: string;
        readonly detail?: string | undefined;
      }[];
      /** So many more were found, and are allowed. */
      readonly allowed: number;
      /** What was not looked at, and why. */
      readonly notes: readonly string[];
    }
  /** The image was booted (`boot_test`). */
  | {
      readonly type: "boot-tested";
      readonly at: number;
      readonly elapsedMs: number;
      /** `kvm` or `tcg`. */
      readonly acceleration: string;
      /** The last lines of its console. */
      readonly console: readonly string[];
      /** What was run in it (`boot_test.run`). */
      readonly commands: readonly { readonly command: string; readonly exitCode: number; readonly output: string }[];
      /** The units that had failed in it, with what systemctl says of each. */
      readonly failedUnits: readonly { readonly name: string; readonly status: string }[];
    }
  | {
      readonly type: "build-ended";
      readonly runId: string;
      readonly at: number;
      readonly elapsedMs: number;
      readonly outcome: "done" | "failed" | "cancelled";
      readonly artifactId: string | undefined;
    };

export type EventSink = (event: BuildEvent) => void;
