import type { Room } from "./boundaries.d.ts";

export const rooms: Readonly<Record<string, Room>>;
