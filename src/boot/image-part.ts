/** A partition of the volume, or the volume itself as number 0; what `readVolumeLayout()` of src/host gives. */
export interface ImagePart {
  readonly number: number;
  /** Its device on the host. */
  readonly path: string;
  readonly partition: { readonly uuid: string; readonly name: string; readonly type: string } | undefined;
  readonly filesystem: { readonly type: string; readonly uuid: string; readonly label: string } | undefined;
}
