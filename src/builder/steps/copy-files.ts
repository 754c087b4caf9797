import { type BorrowedPath, returnLoan } from "../../chroot/borrowed-path.ts";
import { copyHostFile } from "../../chroot/copy-host-file.ts";
import { quietServices } from "../../chroot/quiet-services.ts";
import { RootFolder } from "../../chroot/root-folder.ts";
import type { Build } from "../build.ts";
import type { RecordedLoan } from "../journal/entry.ts";
import type { OpenImage } from "../open-image.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";

/**
 * Lends the image this VM's `copy_files`, such as a working resolv.conf, and keeps its services quiet.
 *
 * Acquires: each path as it was; put back before the snapshot, unless provisioning changed it.
 */
export const copyFiles = step(
  "StepCopyFiles",
  async (build: Build, { image, mounted }: { readonly image: OpenImage; readonly mounted: Scope }): Promise<void> => {
    const { config, ui, journal } = build;
    const root = new RootFolder(image.sandbox.hostPath(image.mountPath));
    returnLoans(build, root);
    const onLoan = (loan: RecordedLoan) => journal.lent(loan);
    if (config.copyFiles.length > 0) ui.say("Copying files from this VM into the chroot...");
    for (const path of config.copyFiles) {
      ui.message(path);
      giveBack(build, mounted, copyHostFile(root, path, onLoan));
    }
    if (!config.quietServices) return;
    for (const borrowed of quietServices(root, onLoan)) giveBack(build, mounted, borrowed);
  },
);

/** What a killed run had lent the image is there as it left it. */
function returnLoans({ resumed, journal }: Build, root: RootFolder): void {
  for (const loan of resumed?.loans ?? []) {
    if (!("sha256" in loan)) continue;
    returnLoan(root, loan);
    journal.returned(loan.path);
  }
}

function giveBack(build: Build, mounted: Scope, borrowed: BorrowedPath): void {
  mounted.defer(`Restoring ${borrowed.path}`, async () => {
    const outcome = borrowed.restore((message) => build.warn(message));
    build.journal.returned(borrowed.path);
    if (outcome === "kept") build.ui.message(`${borrowed.path} stays as provisioning left it`);
  });
}
