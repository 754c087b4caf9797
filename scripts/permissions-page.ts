/** What the tests have recorded: for each kind of build the API calls that it makes. The first is every build's. */
export type RecordedPermissions = Readonly<Record<string, readonly string[]>>;

/** The text of docs/permissions.md. */
export function permissionsPage(record: RecordedPermissions): string {
  const [[base = "", basic = []] = [], ...others] = Object.entries(record);
  const rows = others.map(([what, actions]) => {
    const more = actions.filter((action) => !basic.includes(action));
    return `| ${what} | ${more.length > 0 ? more.map((action) => `\`${action}\``).join(", ") : "nothing more"} |\n`;
  });
  const all = [...new Set(Object.values(record).flat())].sort();
  return `# Permissions

<!-- Made by \`npm run docs\` from what tests/end-to-end/permissions.test.ts has recorded. Changes belong there. -->

The API calls that builds make, and the policy that allows these and no others. They are recorded: tests build each kind of OMI on the local cloud, and a
test fails as soon as a build makes a call that this page lacks.

## The policy

For an EIM user whose access key only bakes. \`Resource\` is \`*\`, as EIM tells actions apart and not the resources that they act on: give the builds an
account of their own where that matters.

\`\`\`json
${policy(all)}
\`\`\`

With \`osc-cli\`, where \`policy.json\` has the text above and \`baker\` is the user:

\`\`\`console
$ osc-cli api CreatePolicy --PolicyName outscale-chroot --Document "$(jq -Rs . policy.json)"
$ osc-cli api LinkPolicy --UserName baker --PolicyOrn ORN_OF_THE_ANSWER
\`\`\`

## What needs which call

${base.charAt(0).toUpperCase()}${base.slice(1)} makes these calls:

\`\`\`text
${basic.join("\n")}
\`\`\`

| what | needs besides |
| --- | --- |
${rows.join("")}
Leave out what your templates do not use. Two notes:

- \`CreateTags\` and \`DeleteTags\` put the run's id on what is temporary, and take it from the OMI in the end. An account that may not tag gets one warning, and
  the build goes on.
- \`DeleteImage\`, \`DeleteSnapshot\`, \`DeleteVolume\` and \`UnlinkVolume\` are what a failed build takes back what it made with, and what \`outscale-chroot cleanup\`
  uses. Without them a failure leaves things that cost money.

\`validate\`, \`inspect\`, \`fmt\` and \`plan\` call nothing. \`plan -online\`, \`validate -check-account\` and data sources need the calls in \`Read...\` alone.

## On the machine

A build needs root: it mounts disks and makes namespaces. It needs no other right on the VM, and no instance profile: keys come from the environment, a profile or
the template ([authentication.md](authentication.md)).
`;
}

function policy(actions: readonly string[]): string {
  const statement = { Effect: "Allow", Action: actions.map((action) => `api:${action}`), Resource: ["*"] };
  return JSON.stringify({ Statement: [statement] }, null, 2);
}
