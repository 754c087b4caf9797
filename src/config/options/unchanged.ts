import { z } from "zod";
import { parseAge } from "../../common/duration.ts";
import { option } from "../option.ts";

const age = z.string().transform((text, context): number => {
  const ms = parseAge(text);
  if (ms !== undefined) return ms;
  context.issues.push({ code: "custom", input: text, message: 'must be an age such as "30d" or "12h"' });
  return z.NEVER;
});

/** When an image need not be built again. */
export const unchangedOptions = {
  skip_unchanged: option(z.boolean().default(false), {
    about:
      "Builds nothing when the account has an available OMI that was made of the same: that one is the build's artifact. " +
      "What counts is in `docs/unchanged.md`. The OMI gets two tags, `outscale-chroot:inputs` and `outscale-chroot:source`, " +
      "by which it is found. Refused behind Packer, which does not tell a builder what its provisioners do. `-skip-unchanged` sets it.",
    example: "true",
  }),
  skip_unchanged_max_age: option(age.optional(), {
    about:
      "An OMI that is older counts no more, and is built again: for what no template shows, such as packages of a mirror. " +
      "Days (`30d`) or a duration (`12h`). `-max-age` wins over it.",
    example: '"30d"',
    defaultText: "no limit",
  }),
  skip_unchanged_files: option(z.array(z.string().min(1, "must not be empty")).default([]), {
    about:
      "Files and folders of this machine that also count, as scripts read them in ways that no option shows. " +
      "A relative path begins in the working folder.",
    example: '["app/build", "Makefile"]',
  }),
} as const;
