/** Whether an export task is on its way. */
export function isExporting({ State }: { readonly State: string }): boolean {
  return ["pending/queued", "pending", "active"].includes(State);
}
