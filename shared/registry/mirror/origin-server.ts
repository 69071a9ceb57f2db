import * as z from 'zod';
import type { Stored } from '../../platform/documents.ts';
import { checkModelName } from '../validate.ts';

/** Whose webhooks and whose REST API a server speaks. */
export const DIALECTS = ['mlflow', 'databricks'] as const;

export type OriginDialect = (typeof DIALECTS)[number];

/** A version number of an origin server, as a string: larger ones would use up the numbers here. */
export const originVersion = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((digits) => /^[1-9]\d{0,8}$/.test(digits), { error: 'is not a version number' });

/** What opens the API of an origin server: a bearer token, or a user with his password. */
export const credentialSchema = z.union([
  z.strictObject({ token: z.string().min(1).max(4096) }),
  z.strictObject({ user: z.string().min(1).max(256), password: z.string().min(1).max(4096) }),
]);

const pattern = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => !text.slice(0, -1).includes('*'), { error: '`*` may only be the last character' });

/** An origin server as somebody sets it up. Its secret and credential are write-only. */
export const originServerInput = z.strictObject({
  dialect: z.enum(DIALECTS),
  url: z.string().max(2048).describe('Where its API is, without /api/2.0.'),
  secret: z
    .string()
    .min(16)
    .max(256)
    .optional()
    .describe('What its webhooks are signed with. Left out, the stored one stays.'),
  credential: credentialSchema
    .nullable()
    .optional()
    .describe('What opens its API. Left out, the stored one stays; null removes it.'),
  models: z
    .array(pattern)
    .min(1)
    .max(100)
    .default(['*'])
    .describe('Names of its models to mirror; a `*` at the end stands for any rest.'),
  prefix: z
    .string()
    .max(100)
    .regex(/^[^/:]*$/, "cannot contain '/' or ':'")
    .default('')
    .describe('Put before the names of its models here.'),
});

export type OriginServerInput = z.output<typeof originServerInput>;

/** Another registry whose versions are mirrored here, as it is stored. */
export interface OriginServer {
  readonly name: string;
  readonly dialect: OriginDialect;
  /** Without slash at its end. */
  readonly url: string;
  readonly sealedSecret: string;
  /** A credential as JSON. */
  readonly sealedCredential?: string;
  readonly models: readonly string[];
  readonly prefix: string;
}

/** The origin servers that are set up. */
export interface OriginStore {
  list(): Promise<readonly OriginServer[]>;
  get(name: string): Promise<Stored<OriginServer> | undefined>;
  /** Creates or replaces. @throws SlipwayError PRECONDITION_FAILED when `etag` is not the stored one */
  put(origin: OriginServer, etag?: string): Promise<void>;
  delete(name: string): Promise<void>;
}

/** True when one of the server's patterns takes the name. */
export const takesModel = ({ models }: OriginServer, name: string): boolean =>
  models.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : each === name));

/**
 * The name of its model here.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a name that no model may have here
 */
export const nameHere = ({ prefix }: OriginServer, name: string): string => checkModelName(prefix + name);
