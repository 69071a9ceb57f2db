import { readFile } from 'node:fs/promises';
import * as z from 'zod';

export type Settings = Readonly<Record<string, string>>;

/** A setting that a function needs and the host was not given; it puts that one function in error. */
export class MissingSettingError extends Error {
  override readonly name = 'MissingSettingError';
}

/**
 * The value with every `%NAME%` replaced by the app setting of that name, also inside nested values.
 *
 * @throws MissingSettingError when a setting is not there
 */
export const resolveSettings = <T>(value: T, settings: Settings): T => {
  if (typeof value === 'string') return resolveText(value, settings) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => resolveSettings(item, settings)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveSettings(item, settings)])) as T;
};

const resolveText = (text: string, settings: Settings): string =>
  text.replaceAll(/%([^%\s]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new MissingSettingError(`app setting '${name}' (from '${text}') is not set`);
    return value;
  });

/** Whether `AzureWebJobs.<name>.Disabled` (or its form for shells without dots) turns the function off. */
export const isDisabled = (functionName: string, settings: Settings): boolean =>
  [`AzureWebJobs.${functionName}.Disabled`, `AzureWebJobs__${functionName}__Disabled`].some((key) =>
    /^(true|1)$/i.test(settings[key] ?? ''),
  );

/** The setting of a connection, which may be written with the `AzureWebJobs` prefix; undefined when there is none. */
export const connectionSetting = (connection: string, settings: Settings, suffix = ''): string | undefined =>
  settings[`AzureWebJobs${connection}${suffix}`] ?? settings[`${connection}${suffix}`];

const localSettings = z.object({ Values: z.record(z.string(), z.string()).default({}) });

/** `Values` of a local.settings.json; empty when the file is not there. */
export const readLocalSettings = async (file: URL): Promise<Settings> => {
  try {
    return localSettings.parse(JSON.parse(await readFile(file, 'utf8'))).Values;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
};
