/** One entry of the debug log (`PACKER_LOG`, `--log FILE`). Text passes the secret mask before it is written. */
export type LogEntry =
  | {
      readonly kind: "api";
      readonly action: string;
      readonly status: number | undefined;
      readonly requestId: string | undefined;
      readonly code: string | undefined;
      readonly attempt: number;
      readonly elapsedMs: number;
      /** Bodies with secret fields redacted by name. */
      readonly request?: unknown;
      readonly response?: unknown;
    }
  | { readonly kind: "command"; readonly line: string; readonly outcome: string; readonly elapsedMs: number }
  | { readonly kind: "journal"; readonly entry: unknown }
  | { readonly kind: "note"; readonly message: string };

/** Where debug entries go. Writing never throws and never waits. */
export interface DebugLog {
  write(entry: LogEntry): void;
}

export const noLog: DebugLog = { write: () => undefined };
