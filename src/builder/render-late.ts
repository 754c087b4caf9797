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

/** A map of tags with keys and values rendered, in the API's form. */
export function renderTags(
  build: Pick<Session, "renderContext">,
  tags: Readonly<Record<string, string>>,
  data: SourceValues,
): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({
    Key: renderLate(build, key, data),
    Value: renderLate(build, value, data),
  }));
}
