import { artifactPath, percentDecoded } from '../mlflow/artifact-path.ts';
import { checkLength } from '../mlflow/check-length.ts';
import { invalid } from '../mlflow/invalid.ts';
import type { ModelVersion } from './model.ts';
import { MAX_SOURCE } from './validate.ts';

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):/;

/**
 * The source of a version, when it is one a server may be given: no path of somebody's own disk, and nothing that
 * climbs out of where it points.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE
 */
export const checkSource = (source: string): string => {
  checkLength('source', source, MAX_SOURCE);
  const scheme = SCHEME.exec(source)?.[1]?.toLowerCase();
  // One letter and a colon is a drive of Windows, which the pattern does not take for a scheme.
  if (scheme === undefined || scheme === 'file') throw localSource(source);
  if (climbs(source)) {
    throw invalid(
      `Invalid model version source: '${source}'. If supplying a source as an http, https, mlflow-artifacts or other ` +
        "URI, its path must not contain '.' or '..' segments or NUL.",
    );
  }
  return source;
};

const localSource = (source: string) =>
  invalid(
    `Invalid model version source: '${source}'. To use a local path as a model version source, the files would have to ` +
      'be on this server: log the model to the artifact store, or give the URI of a store that the server can reach.',
  );

const climbs = (source: string): boolean => {
  let path = source.slice(source.indexOf(':') + 1).split(/[?#]/, 1)[0] ?? '';
  for (;;) {
    if (path.includes('\0') || path.split(/[/\\]/).some((segment) => segment === '.' || segment === '..')) return true;
    const next = percentDecoded(path);
    if (next === path) return false;
    path = next;
  }
};

/** What a `models:` URI points to. */
export type ModelsUri =
  | { readonly kind: 'logged-model'; readonly loggedModelId: string }
  | { readonly kind: 'version'; readonly name: string; readonly version: string }
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'stage'; readonly name: string; readonly stage: string }
  | { readonly kind: 'latest'; readonly name: string };

/**
 * The parts of a `models:/…` URI, or undefined for other schemes.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a `models:` URI of no known form
 */
export const parseModelsUri = (uri: string): ModelsUri | undefined => {
  if (!/^models:/i.test(uri)) return undefined;
  const path = uri.slice('models:'.length).replace(/^\/+/, '').replace(/\/+$/, '');
  if (/^m-[^/@]+$/.test(path)) return { kind: 'logged-model', loggedModelId: path };
  const [, name, suffix] = /^([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (name !== undefined && suffix !== undefined) return named(percentDecoded(name), percentDecoded(suffix));
  const at = path.lastIndexOf('@');
  if (at > 0 && at < path.length - 1 && !path.includes('/')) {
    return { kind: 'alias', name: percentDecoded(path.slice(0, at)), alias: path.slice(at + 1) };
  }
  throw invalid(
    `Not a proper models:/ URI: ${uri}. Use models:/<name>/<version>, models:/<name>@<alias> or models:/m-<id>.`,
  );
};

const named = (name: string, suffix: string): ModelsUri => {
  if (/^\d+$/.test(suffix)) return { kind: 'version', name, version: suffix };
  if (suffix.toLowerCase() === 'latest') return { kind: 'latest', name };
  return { kind: 'stage', name, stage: suffix };
};

/** The registered model whose version a source is; undefined for other sources, also wrong ones. */
export const referencedModel = (source: string): string | undefined => {
  try {
    const uri = parseModelsUri(source);
    return uri === undefined || uri.kind === 'logged-model' ? undefined : uri.name;
  } catch {
    return undefined;
  }
};

/** Where the files of a version can be read. */
export type ArtifactRoot =
  /** In our own artifact store: a path in the blob container `artifacts`, without slash at either end. */
  | { readonly kind: 'artifacts'; readonly prefix: string }
  /** In an Azure ML workspace. */
  | { readonly kind: 'azureml'; readonly uri: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

/**
 * Where the files of a version can be read.
 *
 * @param ownHosts `host:port` under which our artifact store is known to clients; a URI that names another host is
 * unreachable
 */
export const resolveArtifactRoot = (
  version: Pick<ModelVersion, 'source' | 'location' | 'originOf'>,
  ownHosts: readonly string[] = [],
): ArtifactRoot => {
  // Its source was written by somebody else's server: nothing that it says is a place of ours.
  if (version.originOf !== undefined) return unreachable(`it is on the origin server '${version.originOf.server}'`);
  const uri = version.location ?? version.source;
  const scheme = SCHEME.exec(uri)?.[1]?.toLowerCase();
  if (scheme === 'azureml') return { kind: 'azureml', uri };
  if (scheme === 'mlflow-artifacts') return ourArtifacts(uri, 'mlflow-artifacts:', ownHosts);
  if (scheme === 'http' || scheme === 'https') return overHttp(uri, ownHosts);
  if (scheme === 'models' || scheme === 'runs') {
    return unreachable(
      `'${uri}' was logged to another tracking server, so its files are not here: set MLFLOW_TRACKING_URI to this ` +
        'server when logging',
    );
  }
  return unreachable(`this server has no access to '${uri}'`);
};

const unreachable = (reason: string): ArtifactRoot => ({ kind: 'unreachable', reason });

/** `mlflow-artifacts:/path` is ours; with a host it is ours when the host is. */
const ourArtifacts = (uri: string, scheme: string, ownHosts: readonly string[]): ArtifactRoot => {
  const rest = uri.slice(scheme.length);
  const [, host, path] = /^\/\/([^/]*)(\/.*)?$/.exec(rest) ?? [undefined, '', rest];
  if (host !== undefined && host !== '' && !ownHosts.includes(host)) {
    return unreachable(`'${uri}' is on another server`);
  }
  return below(uri, path ?? '');
};

const PROXY_PATH = /^\/(?:ajax-)?api\/2\.0\/mlflow-artifacts\/artifacts\/(.+)$/;

const overHttp = (uri: string, ownHosts: readonly string[]): ArtifactRoot => {
  const url = URL.parse(uri);
  const path = PROXY_PATH.exec(url?.pathname ?? '')?.[1];
  if (url === null || path === undefined) return unreachable(`'${uri}' is not an artifact store`);
  if (!ownHosts.includes(url.host)) return unreachable(`'${uri}' is on another server`);
  return below(uri, percentDecoded(path));
};

const below = (uri: string, path: string): ArtifactRoot => {
  try {
    const prefix = artifactPath(path.replace(/^\/+/, ''));
    if (prefix !== '') return { kind: 'artifacts', prefix };
  } catch {
    // A source may be anything; only what is a safe path of ours can be read.
  }
  return unreachable(`'${uri}' is not a path of the artifact store`);
};
