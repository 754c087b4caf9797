/** The line of a plugin file that tells it from other people's. */
export const PLUGIN_MARK: string;
/** Makes the plugin's single executable file. */
export function bundlePlugin(file: string): Promise<void>;
