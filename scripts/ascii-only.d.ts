export function escaped(code: string): string;
