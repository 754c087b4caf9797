import { ExitCode } from "../../../common/errors.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { fleetAccess, fleetFlags } from "../../fleet-flags.ts";
import { untilAborted } from "../until-aborted.ts";

const DEFAULT_LISTEN = "127.0.0.1:8443";

const flagSpecs = {
  ...fleetFlags,
  listen: {
    type: "string",
    value: "ADDRESS",
    about: `IP address and port, or unix:/PATH for a reverse proxy; ${DEFAULT_LISTEN} by default`,
  },
  "tls-cert": {
    type: "string",
    value: "FILE",
    about: "certificate with its chain (PEM); needed to listen for other machines",
  },
  "tls-key": { type: "string", value: "FILE", about: "the key of the certificate (PEM)" },
  host: { type: "strings", isList: true, value: "NAME", about: "a name by which browsers reach it, besides localhost" },
  "auth-header": {
    type: "string",
    value: "NAME",
    about: "the header in which a reverse proxy names the user, such as X-Forwarded-User; no token is needed then",
  },
} as const satisfies Flags;

export const web: Command = {
  usage: "fleet web [flags]",
  about:
    "Serves pages that show workers, queues, builds and schedules live, and that can cancel, retry, drain and remove.\n" +
    "Everybody who opens the printed address may do all of that: it contains a token, which is new at every start.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot fleet web",
    "outscale-chroot fleet web -listen unix:/run/fleet-web.sock -auth-header X-Forwarded-User -host fleet.example.com",
  ],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    const { startFleetWeb } = await import("../../../fleet/web/start-fleet-web.ts");
    const { parseHostName } = await import("../../../web/host-name.ts");
    const { parseListenOn } = await import("../../../web/listen-on.ts");
    const { readTls } = await import("../../../web/tls-files.ts");
    using wishes = watchStopSignals(io, () => undefined);
    const listen = flags.listen ?? DEFAULT_LISTEN;
    await using server = await startFleetWeb({
      listenOn: parseListenOn(listen),
      tls: readTls(flags["tls-cert"], flags["tls-key"]),
      authHeader: flags["auth-header"],
      names: flags.host.map(parseHostName),
      ...(await fleetAccess(flags, io.env)),
      tell: (message) => io.stderr.write(`${message}\n`),
    });
    // The address has the token and is meant to be copied: it passes no mask.
    io.stderr.writeExact(`The fleet is at ${server.url ?? listen}\nStop it with Ctrl-C\n`);
    await untilAborted(wishes.signal);
    return ExitCode.Success;
  },
};
