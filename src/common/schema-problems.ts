interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * What a schema found wrong, each with where: `seq: Invalid input: expected number, received string`.
 * @param whole What stands for the place of a problem that the value has as a whole; without it such a problem has none
 */
export function schemaProblems({ issues }: { readonly issues: readonly Issue[] }, whole?: string): string[] {
  return issues.map(({ path, message }) => {
    const place = path.map(String).join(".") || whole;
    return place === undefined ? message : `${place}: ${message}`;
  });
}
