import { messageOf } from "../../common/errors.ts";
import type { ImageReader } from "../image-reader.ts";
import { parseApkInstalled } from "./apk.ts";
import { parseDpkgStatus } from "./dpkg.ts";
import { comparePackages, type Package, type PackageList } from "./package.ts";
import { readRpmSqlite } from "./rpm-sqlite.ts";

const DPKG_STATUS = "/var/lib/dpkg/status";
/** One file a package, in images without dpkg itself. */
const DPKG_STATUS_FOLDER = "/var/lib/dpkg/status.d";
const APK_DATABASES = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
const RPM_FOLDERS = ["/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm"];
/** Formats of rpm's database before the one of today, by the name of their file. */
const OLD_RPM = { "Packages.db": "ndb", Packages: "Berkeley DB" };
const LARGEST_RPM_BYTES = 512 * 1024 * 1024;
const MOST_STATUS_FILES = 10_000;

/** Reads the packages of an image from its databases. Nothing of the image runs. */
export async function readPackages(image: ImageReader): Promise<PackageList> {
  const notes: string[] = [];
  const packages = [...readDpkg(image), ...readApk(image), ...(await readRpm(image, notes))];
  return { packages: packages.sort(comparePackages), notes };
}

function readDpkg(image: ImageReader): Package[] {
  const files = image
    .names(DPKG_STATUS_FOLDER)
    .filter((name) => !name.endsWith(".md5sums"))
    .slice(0, MOST_STATUS_FILES);
  const texts = [image.text(DPKG_STATUS), ...files.map((name) => image.text(`${DPKG_STATUS_FOLDER}/${name}`))];
  return texts.flatMap((text) => (text === undefined ? [] : parseDpkgStatus(text)));
}

function readApk(image: ImageReader): Package[] {
  const text = APK_DATABASES.map((path) => image.text(path)).find((found) => found !== undefined);
  return text === undefined ? [] : parseApkInstalled(text);
}

async function readRpm(image: ImageReader, notes: string[]): Promise<Package[]> {
  const folder = RPM_FOLDERS.find((path) =>
    image.names(path).some((name) => /^(rpmdb\.sqlite|Packages(\.db)?)$/.test(name)),
  );
  if (folder === undefined) return [];
  const path = `${folder}/rpmdb.sqlite`;
  if (!image.hasContent(path)) {
    const [, format] = Object.entries(OLD_RPM).find(([name]) => image.hasContent(`${folder}/${name}`)) ?? [];
    if (format !== undefined) notes.push(`The rpm database in ${folder} is in the format ${format}, which is not read`);
    return [];
  }
  if (image.hasContent(`${path}-wal`)) notes.push(`The rpm database in ${folder} has a log that was not read`);
  try {
    return await readRpmSqlite(image.bytes(path, LARGEST_RPM_BYTES));
  } catch (error) {
    notes.push(`The rpm database ${path} cannot be read: ${messageOf(error)}`);
    return [];
  }
}
