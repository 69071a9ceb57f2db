/** One file with everything the entry point needs, as it is deployed. */
export function bundle(entryPoint: string, outfile: string): Promise<unknown>;
