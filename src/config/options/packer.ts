import { z } from "zod";
import { option } from "../option.ts";

/** What Packer, or our command line in its place, tells every builder. Nobody writes these into a template. */
export const packerOptions = {
  packer_build_name: option(z.string().optional(), {
    about: "The build's name, for `{{build_name}}`.",
    example: '"debian"',
  }),
  packer_builder_type: option(z.string().optional(), {
    about: "The builder's type, for `{{build_type}}`.",
    example: '"outscale-chroot"',
  }),
  packer_core_version: option(z.string().optional(), {
    about: "The version of Packer, for `{{packer_version}}`.",
    example: '"1.11.2"',
  }),
  packer_debug: option(z.boolean().default(false), { about: "`-debug`: pauses after each step.", example: "true" }),
  packer_force: option(z.boolean().default(false), {
    about: "`-force`: sets `force_deregister`.",
    example: "true",
  }),
  packer_on_error: option(z.enum(["cleanup", "abort", "ask", "run-cleanup-provisioner"]).default("cleanup"), {
    about: "`-on-error`: what a failed build does.",
    example: '"ask"',
  }),
  packer_user_variables: option(z.record(z.string(), z.string()).default({}), {
    about: "The template's variables, for `{{user}}`.",
    example: '{ stage = "prod" }',
  }),
  packer_sensitive_variables: option(z.array(z.string()).default([]), {
    about: "The names of variables whose values are never shown.",
    example: '["password"]',
  }),
} as const;
