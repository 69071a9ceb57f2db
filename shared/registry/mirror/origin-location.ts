import type { OriginOf } from '../model.ts';
import { resolveArtifactRoot } from '../source.ts';
import type { OriginClient } from './origin-client.ts';
import type { OriginServer } from './origin-server.ts';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

/**
 * The path of a URI below the root of the origin server's artifact proxy; undefined for what is not behind it, other
 * servers and paths that climb out included.
 */
export const proxiedPath = ({ url }: OriginServer, uri: string): string | undefined => {
  const { host, origin } = new URL(url);
  // The proxy may be mounted below a path, which is not part of any artifact's.
  const bare = uri.startsWith(`${url}/`) ? `${origin}${uri.slice(url.length)}` : uri;
  const root = resolveArtifactRoot({ source: bare }, [host]);
  return root.kind === 'artifacts' ? root.prefix : undefined;
};

/** The URL of a path behind the artifact proxy of an origin server. */
export const proxyUrl = ({ url }: OriginServer, path: string): string =>
  `${url}${PROXY}/${path.split('/').map(encodeURIComponent).join('/')}`;

/**
 * Where the files of a version can be read through its origin server, as a URL; undefined when they are not behind its
 * artifact proxy.
 *
 * @throws SlipwayError as the client does
 */
export const locate = async (
  origin: OriginServer,
  client: OriginClient,
  { originOf, source }: { readonly originOf: OriginOf; readonly source: string },
): Promise<string | undefined> => {
  const path = proxiedPath(origin, source) ?? (await resolved(origin, client, originOf, source));
  return path === undefined ? undefined : proxyUrl(origin, path);
};

/** What the server itself makes of runs, logged models and other versions. */
const resolved = async (origin: OriginServer, client: OriginClient, { name, version }: OriginOf, source: string) => {
  if (!/^(models|runs):/i.test(source)) return undefined;
  const uri = (await belowRun(client, source)) ?? (await client.downloadUri(name, version));
  return uri === undefined ? undefined : proxiedPath(origin, uri);
};

/** MLflow gives a version that was registered from a run back as just that. */
const belowRun = async (client: OriginClient, source: string): Promise<string | undefined> => {
  const [, runId, path = ''] = /^runs:\/+([^/]+)(?:\/(.*))?$/i.exec(source) ?? [];
  const root = runId === undefined ? undefined : await client.runArtifacts(runId);
  return root === undefined ? undefined : `${root.replace(/\/+$/, '')}/${path}`;
};
