import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A rollout as the API shows it, as far as the demo looks. */
export interface RolloutView {
  readonly id: string;
  readonly version: string;
  readonly phase: string;
  readonly step: number;
  readonly pause: readonly string[];
  readonly to: { readonly deployment: string };
  readonly traffic: Readonly<Record<string, number>>;
  readonly outcome?: { readonly reason: string; readonly message: string };
}

export interface JournalView {
  readonly id: string;
  readonly type: string;
  /** RFC 3339. */
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Talks to Slipway as its users do: the MLflow API to register, its own API to look and to command. */
export interface SlipwayClient {
  request(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Uploads a model folder through the artifact proxy and registers it; returns the version. */
  registerModel(name: string, folder: URL, artifactPath: string): Promise<string>;
  rollouts(model: string): Promise<readonly RolloutView[]>;
  journal(journal: string, type?: string): Promise<readonly JournalView[]>;
}

const ROLLOUT_PAGE = 100;

export const createSlipwayClient = (apiUrl: string): SlipwayClient => {
  const request = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${apiUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };

  const upload = async (folder: URL, artifactPath: string): Promise<void> => {
    for (const file of await readdir(folder)) {
      const answer = await fetch(`${apiUrl}/api/2.0/mlflow-artifacts/artifacts/${artifactPath}/${file}`, {
        method: 'PUT',
        body: await readFile(new URL(file, folder)),
      });
      if (!answer.ok) throw new Error(`uploading ${file} answered ${answer.status}: ${await answer.text()}`);
    }
  };

  return {
    request,

    async registerModel(name, folder, artifactPath) {
      await upload(folder, artifactPath);
      await request('POST', '/api/2.0/mlflow/registered-models/create', { name }).catch((error: Error) => {
        if (!error.message.includes('RESOURCE_ALREADY_EXISTS')) throw error;
      });
      const created = (await request('POST', '/api/2.0/mlflow/model-versions/create', {
        name,
        source: `mlflow-artifacts:/${artifactPath}`,
      })) as { model_version: { version: string } };
      return created.model_version.version;
    },

    async rollouts(model) {
      const found = await request('GET', `/api/v1/rollouts?model=${encodeURIComponent(model)}&limit=${ROLLOUT_PAGE}`);
      return (found as { items: RolloutView[] }).items;
    },

    async journal(journal, type) {
      const query = new URLSearchParams({ journal, limit: '1000', ...(type === undefined ? {} : { type }) });
      const found = await request('GET', `/api/v1/events?${query.toString()}`);
      return (found as { items: JournalView[] }).items;
    },
  };
};

const POLL_MS = 200;

/**
 * The first defined answer of `look`, asked several times a second; a refused connection counts as none, because the
 * story kills the host on purpose.
 *
 * @throws Error saying what did not happen in time
 */
export const waitFor = async <T>(what: string, withinMs: number, look: () => Promise<T | undefined>): Promise<T> => {
  const deadline = performance.now() + withinMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    await sleep(POLL_MS);
  }
  throw new Error(`${what} did not happen within ${withinMs / 1000} s`, { cause: last });
};
