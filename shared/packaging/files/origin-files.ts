import * as z from 'zod';
import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import type { Egress } from '../../platform/http/egress.ts';
import {
  createOriginClient,
  type OriginClient,
  type OriginClientServices,
  refused,
} from '../../registry/mirror/origin-client.ts';
import { locate, proxiedPath, proxyUrl } from '../../registry/mirror/origin-location.ts';
import type { OriginServer, OriginStore } from '../../registry/mirror/origin-server.ts';
import type { ModelVersion, OriginOf } from '../../registry/model.ts';
import type { ModelFiles } from './model-files.ts';
import { openUrl, type RemoteEntry, type RemoteFolder, remoteFiles } from './remote-folder.ts';

export interface OriginFilesServices extends OriginClientServices {
  readonly origins: OriginStore;
}

/** A version that an origin server has. */
export type MirroredVersion = Pick<ModelVersion, 'source' | 'location'> & { readonly originOf: OriginOf };

/** The files of a mirrored version, or the reason in one sentence why they cannot be read from here. */
export type OriginFiles = (
  version: MirroredVersion,
) => Promise<{ readonly files: ModelFiles } | { readonly unreachable: string }>;

/** Another attempt may go better. */
const PASSING: readonly string[] = ['TEMPORARILY_UNAVAILABLE', 'REQUEST_LIMIT_EXCEEDED', 'INTERNAL_ERROR'];

/** Reads the files of mirrored versions through the API of their origin servers. */
export const createOriginFiles =
  (services: OriginFilesServices): OriginFiles =>
  async (version) => {
    const { server } = version.originOf;
    const origin = (await services.origins.get(server))?.value;
    if (origin === undefined) return { unreachable: `the origin server '${server}' is no longer set up here` };
    try {
      const folder = await folderOf(services, origin, version);
      return folder === undefined ? { unreachable: notProxied(origin, version) } : { files: await remoteFiles(folder) };
    } catch (error) {
      if (!isSlipwayError(error) || PASSING.includes(error.code)) throw error;
      return { unreachable: error.message };
    }
  };

const notProxied = ({ name }: OriginServer, { source }: MirroredVersion): string =>
  `'${source}' is not behind the artifact proxy of the origin server '${name}' (it would be with \`mlflow server --serve-artifacts\`)`;

const folderOf = async (
  { egress, secrets }: OriginFilesServices,
  origin: OriginServer,
  { originOf, source, location }: MirroredVersion,
): Promise<RemoteFolder | undefined> => {
  const client = createOriginClient({ egress, secrets }, origin);
  if (origin.dialect === 'databricks') return databricksFolder({ egress, origin, client }, originOf);
  // A location that was stored before the server moved is asked for again.
  const known = location === undefined ? undefined : proxiedPath(origin, location);
  const url = known === undefined ? await locate(origin, client, { originOf, source }) : undefined;
  const root = known ?? (url === undefined ? undefined : proxiedPath(origin, url));
  return root === undefined ? undefined : mlflowFolder({ egress, origin, client }, root);
};

interface Reading {
  readonly egress: Egress;
  readonly origin: OriginServer;
  readonly client: OriginClient;
}

const fileList = z.object({
  files: z
    .array(
      z.object({
        path: z.string(),
        is_dir: z.boolean().default(false),
        file_size: z.coerce.number().int().min(0).nullish(),
      }),
    )
    .default([]),
  next_page_token: z.string().optional(),
});

type Listed = z.output<typeof fileList>['files'][number];

const toEntry = ({ path, is_dir: isFolder, file_size: size }: Listed): RemoteEntry => ({
  name: path,
  isFolder,
  size: size ?? undefined,
});

/** A folder behind MLflow's artifact proxy. */
const mlflowFolder = ({ egress, origin, client }: Reading, root: string): RemoteFolder => ({
  async list(path) {
    const folder = path === '' ? root : `${root}/${path}`;
    const found = await client.getJson('mlflow-artifacts/artifacts', { path: folder }, fileList);
    return (found?.files ?? []).map(toEntry);
  },
  open: (path, maxBytes, offset) =>
    openUrl(egress, {
      url: proxyUrl(origin, `${root}/${path}`),
      headers: client.headers,
      maxBytes,
      offset,
      refused: (status) => refused(origin, status),
    }),
});

const signedUri = z.object({
  signed_uri: z.string(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
});

const MAX_PAGES = 1_000;

/**
 * A version in the workspace registry of Databricks, whose files are handed out by URLs of the cloud's store that
 * need no credential of ours. Paths are told from the root of the model.
 */
const databricksFolder = ({ egress, origin, client }: Reading, { name, version }: OriginOf): RemoteFolder => ({
  async list(path) {
    const entries: RemoteEntry[] = [];
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query = { name, version, path, ...(token === undefined ? {} : { page_token: token }) };
      const found = await client.getJson('mlflow/model-versions/list-artifacts', query, fileList);
      entries.push(
        ...(found?.files ?? []).map((file) => toEntry({ ...file, path: file.path.split('/').at(-1) ?? '' })),
      );
      token = found?.next_page_token;
      if (token === undefined || token === '') return entries;
    }
    throw new SlipwayError('INVALID_STATE', `the origin server '${origin.name}' lists files without end`);
  },
  async open(path, maxBytes, offset) {
    const query = { name, version, path };
    const signed = await client.getJson('mlflow/model-versions/get-signed-download-uri', query, signedUri);
    if (signed === undefined) {
      throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `'${path}' was deleted while being read`);
    }
    const headers = Object.fromEntries(signed.headers.map((header) => [header.name, header.value]));
    return openUrl(egress, {
      url: signed.signed_uri,
      headers,
      maxBytes,
      offset,
      refused: (status) => refused(origin, status),
    });
  },
});
