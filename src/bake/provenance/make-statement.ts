import { basename, resolve } from "node:path";
import { secrets } from "../../common/secrets.ts";
import { version } from "../../common/version.ts";
import type { TemplateVariables } from "../../definition/build-definition.ts";
import { mapTexts } from "../../definition/map-texts.ts";
import { omiDescriptor } from "../../evidence/provenance/omi-reference.ts";
import {
  BUILD_TYPE,
  BUILDER_ID,
  PREDICATE_TYPE,
  type ProvenanceStatement,
  type ResourceDescriptor,
  STATEMENT_TYPE,
} from "../../evidence/provenance/statement.ts";
import type { RunRecord } from "../../history/run-record.ts";
import { baseOf, type InputPath, nameIn } from "./input-files.ts";

/** A template with what it was told, for the provenance of its builds. */
export interface TemplateInputs {
  readonly path: string;
  readonly variables: TemplateVariables;
  /** Of the template and its variables. What a function reads while a build runs comes in later. */
  readonly files: () => readonly InputPath[];
  /** `only`, `force` and the like, if they are not what they are by default. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * How the OMI of a run came to be. The template and the run say it; nothing is asked again.
 * @returns undefined when the run has made no OMI that stands
 */
export function makeStatement(
  record: RunRecord,
  template: TemplateInputs,
  files: readonly ResourceDescriptor[],
): ProvenanceStatement | undefined {
  const { account, product, source, runId, startedAt, elapsedMs } = record;
  if (account === null || product === null) return undefined;
  const { region, accountId, endpoint } = account;
  const { imageId, imageName, snapshotIds } = product;
  const sources = source === null ? [] : [sourceOf(source, region)];
  return {
    _type: STATEMENT_TYPE,
    subject: [omiDescriptor({ region, accountId, imageId, snapshotIds }, { imageName })],
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: parametersOf(record.build, template),
        internalParameters: { region, accountId, endpoint },
        resolvedDependencies: [...sources, ...files],
      },
      runDetails: {
        builder: { id: BUILDER_ID, version: { "outscale-chroot": version } },
        metadata: {
          invocationId: runId,
          startedOn: startedAt,
          finishedOn: new Date(Date.parse(startedAt) + elapsedMs).toISOString(),
        },
      },
    },
  };
}

function sourceOf(source: NonNullable<RunRecord["source"]>, region: string): ResourceDescriptor {
  const { imageId, imageName, accountId, snapshotId, createdAt } = source;
  const omi = { region, accountId, imageId, snapshotIds: [snapshotId] };
  return omiDescriptor(omi, { kind: "source", imageName, createdAt });
}

function parametersOf(build: string, { path, variables, files, settings }: TemplateInputs) {
  const base = baseOf(path);
  const variableFiles = files().flatMap((input) => (input.kind === "variables" ? nameIn(base, input) : []));
  return {
    template: base === resolve(path) ? "." : basename(path),
    build,
    // A variable may be named as one of the record's own words, which are not masked when it is written.
    variables: mapTexts(variables.values, (text) => secrets.mask(text)),
    ...(variables.sensitive.length > 0 && { sensitiveVariables: variables.sensitive }),
    ...(variableFiles.length > 0 && { variableFiles }),
    ...settings,
  };
}
