import type { Vm } from "../../outscale/oapi.ts";
import { vmAsSeen } from "../actions/read-vms.ts";
import type { Cloud } from "../cloud.ts";
import { vmIdsOf } from "../vm-places.ts";
import { type HttpAnswer, type HttpRequest, text } from "./http-server.ts";

const METADATA_PATH = /^(?:\/vms\/(i-[0-9a-f]{8}))?\/latest\/meta-data(\/.*)?$/;

/** Whose metadata is asked for, and what of it. */
interface MetadataPath {
  /** The first VM's, when absent. */
  readonly vmId: string | undefined;
  readonly path: string;
}

/** What a URL asks of the metadata service; undefined when it asks something else. */
export function metadataPathOf(url: string): MetadataPath | undefined {
  const match = METADATA_PATH.exec(url);
  return match ? { vmId: match[1], path: match[2] ?? "" } : undefined;
}

/** Who asks for the id of its VM wants to link disks to it and find them here. */
const NO_DEVICES =
  "This local cloud has its disks in memory: nothing can be built on it. Start one without -memory, as root";

/** A folder of the metadata: its keys, each with a text or a folder. */
interface Folder {
  readonly [key: string]: string | Folder;
}

/**
 * The metadata service of a VM: plain text, no authentication. A folder answers its keys, one per line.
 * @see OUTSCALE, "Accessing the Metadata and User Data of a VM"
 */
export function answerMetadata(cloud: Cloud, { vmId, path }: MetadataPath, request: HttpRequest): HttpAnswer {
  const vm = cloud.store.vms.get(vmId ?? vmIdsOf(cloud)[0] ?? "");
  if (request.method !== "GET" || !vm) return text(404, "Not Found");
  const keys = keysOf(path);
  if (cloud.settings.blocks === "memory" && keys?.[0] === "instance-id") return text(501, NO_DEVICES);
  const found = keys?.reduce<string | Folder | undefined>(
    (at, key) => (typeof at === "object" && Object.hasOwn(at, key) ? at[key] : undefined),
    metadataOf(vmAsSeen(cloud, vm)),
  );
  if (found === undefined) return text(404, "Not Found");
  return text(200, typeof found === "string" ? found : listing(found));
}

/** The names in a path; undefined when an escape in it is none. */
function keysOf(path: string): string[] | undefined {
  try {
    return path
      .split("/")
      .filter((key) => key !== "")
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function listing(folder: Folder): string {
  return Object.entries(folder)
    .map(([key, value]) => (typeof value === "string" ? key : `${key}/`))
    .join("\n");
}

function metadataOf(vm: Vm): Folder {
  const [nic] = vm.Nics ?? [];
  const mac = nic?.MacAddress ?? "";
  const ip = vm.PrivateIp ?? "";
  return {
    "ami-id": vm.ImageId ?? "",
    "ami-launch-index": "0",
    "block-device-mapping": mappingsOf(vm),
    hostname: vm.PrivateDnsName ?? "",
    "instance-id": vm.VmId,
    "instance-type": vm.VmType ?? "",
    "local-hostname": vm.PrivateDnsName ?? "",
    "local-ipv4": ip,
    mac,
    network: { interfaces: { macs: { [mac]: { mac, "local-ipv4s": ip, "device-number": "0" } } } },
    placement: { "availability-zone": vm.Placement?.SubregionName ?? "", cluster: "local", server: "local" },
    tags: Object.fromEntries((vm.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
  };
}

/** `ami` and `root` are the root device, `ebs1`, `ebs2`, ... the others. */
function mappingsOf(vm: Vm): Folder {
  const root = vm.RootDeviceName ?? "";
  const others = vm.BlockDeviceMappings.map(({ DeviceName }) => DeviceName ?? "").filter((name) => name !== root);
  return { ami: root, ...Object.fromEntries(others.map((name, index) => [`ebs${index + 1}`, name])), root };
}
