import { z } from "zod";

export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "https://slsa.dev/provenance/v1";
/** What `externalParameters` and the rest of a statement of ours mean. docs/evidence.md has it. */
export const BUILD_TYPE = "https://github.com/outscale-chroot/outscale-chroot/blob/main/docs/evidence.md#build-type-v1";
export const BUILDER_ID = "https://github.com/outscale-chroot/outscale-chroot";

/** RFC 3986: begins with a scheme. */
const uri = z.string().regex(/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/);
const digest = z
  .record(z.string().min(1), z.string().min(1))
  .refine((set) => Object.keys(set).length > 0, "there is no digest");
const hex = (digits: number) => new RegExp(`^[0-9a-f]{${digits}}$`);

/** @see https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md */
const descriptorShape = {
  name: z.string().optional(),
  uri: uri.optional(),
  digest: digest.optional(),
  content: z.string().optional(),
  downloadLocation: uri.optional(),
  mediaType: z.string().optional(),
  annotations: z.record(z.string(), z.unknown()).optional(),
};
const descriptor = z
  .object(descriptorShape)
  .refine((one) => (one.uri ?? one.digest ?? one.content) !== undefined, "one of uri, digest and content is needed")
  .refine(({ digest: set }) => set?.sha256 === undefined || hex(64).test(set.sha256), "sha256 is no SHA-256");

const subject = z.object({ ...descriptorShape, digest });

/**
 * An in-toto statement whose predicate is SLSA provenance. Fields that are not known are left alone, as the standards ask.
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 * @see https://slsa.dev/spec/v1.0/provenance
 */
export const statementSchema = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(subject).min(1),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    buildDefinition: z.object({
      buildType: uri,
      externalParameters: z.record(z.string(), z.unknown()),
      internalParameters: z.record(z.string(), z.unknown()).optional(),
      resolvedDependencies: z.array(descriptor).optional(),
    }),
    runDetails: z.object({
      builder: z.object({
        id: uri,
        version: z.record(z.string(), z.string()).optional(),
        builderDependencies: z.array(descriptor).optional(),
      }),
      metadata: z
        .object({
          invocationId: z.string().optional(),
          startedOn: z.iso.datetime({ offset: true }).optional(),
          finishedOn: z.iso.datetime({ offset: true }).optional(),
        })
        .optional(),
      byproducts: z.array(descriptor).optional(),
    }),
  }),
});

export type ProvenanceStatement = z.infer<typeof statementSchema>;
export type ResourceDescriptor = z.infer<typeof descriptor>;
