import { inBytes } from "../../common/bytes.ts";
import { html, type Markup, sectionMarkup, table } from "../../report/markup.ts";
import type { LiveNews } from "../../web/live-stream.ts";
import { announced, part } from "../../web/page.ts";
import type { RegionLook, WatchedRegion } from "./region-look.ts";

type Part = LiveNews & { type: "part" };
type Row = readonly (string | number | Markup)[];

const MOST_ROWS = 200;

/** The parts of a region's page, each of which is replaced when there is something new in it. */
export function regionParts(region: WatchedRegion, look: RegionLook): readonly Part[] {
  const named = (id: string, body: Markup): Part => ({ type: "part", id, body });
  return [
    named("violations", violations(look)),
    named("figures", figures(region, look)),
    named("images", imagesSection(look)),
    named("snapshots", snapshotsSection(look)),
    named("volumes", volumesSection(look)),
    named("vms", vmsSection(region, look)),
    named("buckets", bucketsSection(region, look)),
  ];
}

export function regionBody(region: WatchedRegion, look: RegionLook): readonly Markup[] {
  return regionParts(region, look).map(({ id, body }) => (id === "violations" ? announced(id, body) : part(id, body)));
}

/** What must never be, before all else. */
function violations({ status }: RegionLook): Markup {
  const rows = status.violations.map(({ at, action, volumeId, details }) => [at, action, volumeId, details]);
  const problems = status.problems.map((problem) => html`<p class="notice">${problem}</p>`);
  if (rows.length === 0) return html`${problems}<p>Nothing was done to a disk that must never be done.</p>`;
  const body = html`<p class="notice error">Builds did to a disk what they must never do.</p>
${table("Violations", ["At", "Call", "Volume", "What"], rows.toReversed().slice(0, MOST_ROWS))}`;
  return html`${problems}${sectionMarkup({ id: "violation-list", title: `Violations (${rows.length})`, body })}`;
}

function figures({ calls }: WatchedRegion, { status, faults }: RegionLook): Markup {
  const all: readonly (readonly [number, string])[] = [
    [status.images, "OMIs"],
    [status.snapshots, "snapshots"],
    [status.volumes, "volumes"],
    [status.vms.length, "VMs"],
    [status.buckets, "buckets"],
    [calls.next, "calls"],
    [faults.length, "faults that wait"],
  ];
  return html`<ul class="figures">${all.map(([value, name]) => html`<li><strong>${value}</strong><span>${name}</span></li>`)}</ul>`;
}

function imagesSection({ images }: RegionLook): Markup {
  const rows = images.map(
    ({ ImageId, ImageName = "", State, AccountAlias, AccountId, CreationDate = "", BlockDeviceMappings = [] }) => {
      const snapshots = BlockDeviceMappings.map(({ Bsu }) => Bsu?.SnapshotId ?? "").filter((id) => id !== "");
      return [
        code(ImageId),
        ImageName,
        state(State),
        AccountAlias ?? AccountId ?? "",
        code(snapshots.join(" ")),
        CreationDate,
      ];
    },
  );
  return listSection("OMIs", ["Id", "Name", "State", "Account", "Snapshots", "Created"], rows);
}

function snapshotsSection({ snapshots }: RegionLook): Markup {
  const rows = snapshots.map(
    ({ SnapshotId, State, Progress, VolumeSize, VolumeId = "", AccountId = "", Description = "" }) => {
      const shown =
        State === "completed" || Progress === undefined ? state(State) : html`${state(State)} ${Progress} %`;
      return [code(SnapshotId), shown, `${VolumeSize} GiB`, code(VolumeId), AccountId, Description];
    },
  );
  return listSection("Snapshots", ["Id", "State", "Size", "Of volume", "Account", "Description"], rows);
}

function volumesSection({ volumes, status }: RegionLook): Markup {
  const devices = new Map(status.devices.map((device) => [device.id, device.device]));
  const rows = volumes.map(({ VolumeId, State, Size, VolumeType, AccountId, LinkedVolumes = [] }) => {
    const links = LinkedVolumes.map(({ VmId, DeviceName, State: link }) => `${VmId} as ${DeviceName} (${link})`);
    return [
      code(VolumeId),
      state(State),
      `${Size} GiB`,
      VolumeType,
      links.join(", "),
      code(devices.get(VolumeId) ?? ""),
      AccountId,
    ];
  });
  return listSection("Volumes and links", ["Id", "State", "Size", "Type", "Linked to", "Device here", "Account"], rows);
}

function vmsSection({ endpoint }: WatchedRegion, { vms }: RegionLook): Markup {
  const rows = vms.map(({ VmId, State = "", VmType = "", Placement, PrivateIp = "" }) => {
    return [code(VmId), state(State), VmType, Placement?.SubregionName ?? "", PrivateIp];
  });
  const where = html`<p class="muted">The API is at <code>${endpoint}</code></p>`;
  return listSection("VMs", ["Id", "State", "Type", "Subregion", "Private IP"], rows, where);
}

function bucketsSection({ storageEndpoint }: WatchedRegion, { buckets }: RegionLook): Markup {
  const rows = buckets.map(({ name, objects, sizeBytes, acl, accountId, createdAt }) => {
    return [name, objects, inBytes(sizeBytes), acl, accountId, createdAt];
  });
  const where = html`<p class="muted">The object storage is at <code>${storageEndpoint}</code></p>`;
  return listSection("Buckets", ["Name", "Objects", "Size", "ACL", "Account", "Created"], rows, where);
}

function code(text: string): Markup {
  return html`<code>${text}</code>`;
}

/** A word, and a colour for what goes on or has gone wrong. */
function state(text: string): Markup {
  if (/^(error|failed)/.test(text)) return html`<span class="badge failed">${text}</span>`;
  const isAtRest = ["available", "completed", "in-use", "running"].includes(text);
  return isAtRest ? html`${text}` : html`<span class="badge running">${text}</span>`;
}

function listSection(
  title: string,
  header: readonly string[],
  rows: readonly Row[],
  after: Markup | string = "",
): Markup {
  const left = rows.length > MOST_ROWS ? html`<p class="muted">and ${rows.length - MOST_ROWS} more</p>` : "";
  const body =
    rows.length === 0 ? html`<p class="empty">None</p>` : table(title, header, rows.slice(-MOST_ROWS).toReversed());
  const id = `${title.toLowerCase().replaceAll(" ", "-")}-list`;
  return sectionMarkup({ id, title, body: html`${body}${left}${after}` });
}
