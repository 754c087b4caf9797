import { ConfigError } from "../common/errors.ts";
import type { RenderContext, TemplateValue } from "../go-template/context.ts";
import { renderOnce } from "../go-template/render.ts";
import type { Image } from "../outscale/oapi.ts";
import type { Session } from "./session.ts";

/** What a name, description or tag may use once the source OMI is known. */
export interface SourceValues {
  readonly BuildRegion: string;
  readonly SourceOMI: string;
  readonly SourceOMIName: string;
  readonly SourceOMITags: Readonly<Record<string, string>>;
  readonly [name: string]: TemplateValue;
}

export function sourceValues(region: string, source: Image | undefined): SourceValues {
  return {
    BuildRegion: region,
    SourceOMI: source?.ImageId ?? "",
    SourceOMIName: source?.ImageName ?? "",
    SourceOMITags: Object.fromEntries((source?.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
  };
}

/**
 * Renders an option that had to wait for values of the build. Once: what a value brings in is text, so that a foreign
 * OMI's tags cannot run template functions here.
 * @throws {InterpolationError}
 */
export function renderLate(
  build: Pick<Session, "renderContext">,
  text: string,
  data: NonNullable<RenderContext["data"]>,
): string {
  return renderOnce(text, { ...build.renderContext, data });
}

/**
 * The same for what others can read: a name, a description, a tag. What the template calls sensitive may be part of it,
 * as that is the user's wish; credentials may not.
 * @throws {ConfigError} when they are
 */
export function renderPublic(
  build: Pick<Session, "renderContext"> & Partial<Pick<Session, "credentials">>,
  option: string,
  text: string,
  data: SourceValues,
): string {
  const rendered = renderLate(build, text, data);
  if (!(build.credentials ?? []).some((credential) => rendered.includes(credential))) return rendered;
  const message = "contains the secret key of the credentials, and others could read it there";
  throw new ConfigError([{ option, message }]);
}

/** A map of tags with keys and values rendered, in the API's form. @throws {ConfigError} as {@link renderPublic} */
export function renderTags(
  build: Pick<Session, "renderContext" | "credentials">,
  option: string,
  tags: Readonly<Record<string, string>>,
  data: SourceValues,
): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({
    Key: renderPublic(build, option, key, data),
    Value: renderPublic(build, option, value, data),
  }));
}
