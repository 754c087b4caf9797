import { listAction, utc } from "./list-action.ts";

export const status = listAction({
  name: "status",
  key: "queues",
  about: "Shows for each queue how many workers it has, and how many builds run and wait.",
  head: ["QUEUE", "WORKERS", "SLOTS", "RUNNING", "WAITING"],
  none: "There are no queues: no worker was ever there",
  read: (fleet) => fleet.queues(),
  cells: ({ queue, workers, slots, running, waiting }) => [queue, ...[workers, slots, running, waiting].map(String)],
});

export const workers = listAction({
  name: "workers",
  about: "Lists the workers that have shown a sign of life in the last minute.",
  head: ["WORKER", "HOST", "QUEUE", "VM", "VERSION", "SLOTS", "BUILDS"],
  none: "There are no workers",
  read: (fleet) => fleet.workers(),
  cells: ({ id, host, queue, vmId, version, slots, jobs, isDraining }) => {
    return [id, host, queue, vmId ?? "", version, String(slots), `${jobs.length}${isDraining ? ", draining" : ""}`];
  },
});

export const builds = listAction({
  name: "builds",
  about: "Lists the builds that run, wait or have ended in the last week, newest first.",
  head: ["ID", "SUBMITTED (UTC)", "BUILD", "BY", "GROUP", "STATE", "ATTEMPTS", "WORKER", "OMI OR ERROR"],
  none: "There are no builds",
  read: async (fleet) => {
    const { builds, more } = await fleet.builds();
    return { rows: builds, more: more.running + more.waiting + more.ended };
  },
  cells: ({ id, submittedAt, build, submitter, group, state, attempts, mostAttempts, worker, artifactId, error }) => {
    const standing = [state, `${attempts} of ${mostAttempts}`, worker ?? "", artifactId ?? error ?? ""];
    return [id, utc(submittedAt), build, submitter, group ?? "", ...standing];
  },
});
