/** @see QEMU, docs/interop/qcow2.rst */
const CLUSTER_BITS = 16;
const CLUSTER_BYTES = 2 ** CLUSTER_BITS;
/** What one entry of the first table stands for: a second table of one cluster. */
const BYTES_PER_L1_ENTRY = (CLUSTER_BYTES / 8) * CLUSTER_BYTES;
const HEADER_BYTES = 104;

/** A whole qcow2 file of a disk of zeroes: header, reference counts, and a table with nothing in it. */
export function emptyQcow2(sizeBytes: number): Buffer {
  const l1Entries = Math.max(1, Math.ceil(sizeBytes / BYTES_PER_L1_ENTRY));
  const l1Clusters = Math.ceil((l1Entries * 8) / CLUSTER_BYTES);
  const clusters = 3 + l1Clusters;
  const file = Buffer.alloc(clusters * CLUSTER_BYTES);
  file.write("QFI\xfb", 0, "latin1");
  file.writeUInt32BE(3, 4);
  file.writeUInt32BE(CLUSTER_BITS, 20);
  file.writeBigUInt64BE(BigInt(sizeBytes), 24);
  file.writeUInt32BE(l1Entries, 36);
  file.writeBigUInt64BE(BigInt(3 * CLUSTER_BYTES), 40); // the L1 table
  file.writeBigUInt64BE(BigInt(CLUSTER_BYTES), 48); // the table of reference counts
  file.writeUInt32BE(1, 56);
  file.writeUInt32BE(4, 96); // 16 bits for each count
  file.writeUInt32BE(HEADER_BYTES, 100);
  file.writeBigUInt64BE(BigInt(2 * CLUSTER_BYTES), CLUSTER_BYTES);
  for (let cluster = 0; cluster < clusters; cluster++) file.writeUInt16BE(1, 2 * CLUSTER_BYTES + cluster * 2);
  return file;
}
