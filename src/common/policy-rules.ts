/** What `image_check` looks for, by the names that `allow` uses. */
export const policyRules = [
  "access-key",
  "authorized-keys",
  "cloud-init-state",
  "credentials",
  "host-key",
  "log",
  "machine-id",
  "network-state",
  "password",
  "private-key",
  "random-seed",
  "set-id",
  "shell-history",
  "world-writable",
] as const;

export type PolicyRule = (typeof policyRules)[number];
