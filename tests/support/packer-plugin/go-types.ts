/**
 * The symbols of the original's Go package that are types alone here. They are erased before a test could look for them,
 * so a program that needs them all is compiled against the package.
 */
export const typesOfGo: readonly string[] = ["Config", "FlatConfig", "Cleanup", "CommandWrapper"];
