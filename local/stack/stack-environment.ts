import * as z from 'zod';

const schema = z.object({
  ports: z.object({ host: z.number(), azure: z.number(), cosmos: z.number(), blob: z.number(), queue: z.number() }),
  dataDir: z.string(),
  topicKey: z.string(),
  armToken: z.string(),
  storageConnectionString: z.string(),
  /** Paths of this machine's Pythons by minor version. */
  pythons: z.record(z.string(), z.string()),
  /** Where images are, when it is not the layout in Blob Storage. */
  registry: z.object({ url: z.string(), username: z.string().optional(), password: z.string().optional() }).optional(),
  /** Opens the host's Event Grid webhook, where the host asks for a key. */
  systemKey: z.string().optional(),
});

/** What the Azure emulator must know of the stack. Handed down in the environment, because it holds keys. */
export type StackEnvironment = Readonly<z.output<typeof schema>>;

const NAME = 'SLIPWAY_STACK';

export const toEnvironment = (stack: StackEnvironment): Record<string, string> => ({ [NAME]: JSON.stringify(stack) });

/** @throws Error when this process was not started by the stack */
export const fromEnvironment = (): StackEnvironment => schema.parse(JSON.parse(process.env[NAME] ?? 'null'));
