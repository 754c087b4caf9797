import { existsSync } from "node:fs";
import type { Acceleration } from "./acceleration.ts";
import { BootCheckError } from "./boot-check-error.ts";

export interface QemuOptions {
  readonly device: string;
  readonly memoryMib: number;
  readonly cpus: number;
  readonly firmware: "legacy" | "uefi";
  /** A file that QEMU writes the serial console to, besides our pipe. */
  readonly consoleFile?: string;
  /** Starts a kernel of this machine in place of the boot loader's. */
  readonly direct?: DirectBoot;
}

export interface DirectBoot {
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly commandLine: string;
  /** A disk of a file, to be read: `/dev/vda`. */
  readonly script: string;
  /** The file that QEMU writes to what the guest says on its second serial port. */
  readonly answers: string;
}

/** OVMF's code and variables, where Debian, Fedora and SUSE put them. */
const OVMF_FILES = [
  ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"],
  ["/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"],
  ["/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"],
  ["/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"],
] as const;

/**
 * The command line that boots a volume: its disk on virtio-scsi, as OUTSCALE gives it to a VM, no network, the serial
 * console on our pipe. `snapshot=on` opens the device read-only; a reboot of the guest ends QEMU.
 *
 * @throws {BootCheckError} when UEFI is asked for and OVMF is not installed
 */
export function qemuArguments(options: QemuOptions, acceleration: Acceleration): string[] {
  const drive = `file=${withDoubledCommas(options.device)},format=raw,if=none,id=root,snapshot=on,discard=ignore`;
  const log = options.consoleFile === undefined ? "" : `,logfile=${withDoubledCommas(options.consoleFile)}`;
  return [
    "qemu-system-x86_64",
    ...processorArguments(acceleration),
    ...["-m", `${options.memoryMib}`, "-smp", `${options.cpus}`],
    ...["-nographic", "-chardev", `stdio,id=console${log}`, "-serial", "chardev:console", "-monitor", "none"],
    ...["-nic", "none", "-no-reboot"],
    ...["-device", "virtio-rng-pci", "-device", "virtio-scsi-pci"],
    // A kernel of this machine comes first by itself.
    ...["-drive", drive, "-device", options.direct ? "scsi-hd,drive=root" : "scsi-hd,drive=root,bootindex=0"],
    ...(options.direct === undefined ? [] : directArguments(options.direct)),
    ...(options.firmware === "uefi" ? ovmfArguments() : []),
  ];
}

/** The processor of a guest: the machine's own, or the best that QEMU can translate for. */
export function processorArguments(acceleration: Acceleration): string[] {
  return ["-accel", acceleration, "-cpu", acceleration === "kvm" ? "host" : "max"];
}

function directArguments({ kernel, initrd, commandLine, script, answers }: DirectBoot): string[] {
  const drive = `file=${withDoubledCommas(script)},format=raw,if=none,id=script,readonly=on`;
  return [
    ...["-kernel", kernel, ...(initrd === undefined ? [] : ["-initrd", initrd]), "-append", commandLine],
    ...["-chardev", `file,id=answers,path=${withDoubledCommas(answers)}`, "-serial", "chardev:answers"],
    ...["-drive", drive, "-device", "virtio-blk-pci,drive=script"],
  ];
}

/** A comma in a value of QEMU's is written twice. */
function withDoubledCommas(value: string): string {
  return value.replaceAll(",", ",,");
}

function ovmfArguments(): string[] {
  const found = OVMF_FILES.find(([code, variables]) => existsSync(code) && existsSync(variables));
  if (!found) throw new BootCheckError("Cannot boot by UEFI without OVMF", { hint: "Install the package ovmf" });
  const [code, variables] = found;
  return [
    ...["-drive", `if=pflash,unit=0,format=raw,readonly=on,file=${code}`],
    ...["-drive", `if=pflash,unit=1,format=raw,snapshot=on,file=${variables}`],
  ];
}
