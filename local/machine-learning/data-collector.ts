import { randomUUID } from 'node:crypto';
import { type EpochMs, toIso } from '../../shared/platform/time.ts';
import { inputRows, outputRows } from './collected-rows.ts';
import type { DeploymentRecord } from './records.ts';
import type { Workspace } from './workspace.ts';

/** Payloads that wait for the next flush; more than this in bytes is not collected. */
const MAX_PENDING_BYTES = 32 * 1_048_576;

export interface CollectedRequest {
  readonly record: DeploymentRecord;
  readonly requestId: string;
  readonly input: Buffer;
  readonly output: Buffer;
}

interface Pending extends CollectedRequest {
  readonly at: EpochMs;
}

const COLLECTIONS = ['model_inputs', 'model_outputs'] as const;
/** Digits of an ISO instant that make the folders of a rolling rate. */
const ROLLING_LENGTH = { Year: 4, Month: 7, Day: 10, Hour: 13, Minute: 16 };

/** Writes inputs and outputs of requests as JSON lines, like the service's data collector. */
export class DataCollector {
  readonly #workspace: Workspace;
  readonly #instanceId = randomUUID();
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Takes one answered request; parsing waits for the flush, so that it costs the request nothing. */
  add(request: CollectedRequest): void {
    const { options, clock } = this.#workspace;
    if (!options.collected || !request.record.body.properties.dataCollector) return;
    const bytes = request.input.length + request.output.length;
    if (this.#pendingBytes + bytes > MAX_PENDING_BYTES) return;
    this.#pendingBytes += bytes;
    this.#pending.push({ ...request, at: clock() });
  }

  /** Writes what was taken so far, after what an earlier flush still writes. */
  flush(): Promise<void> {
    const flushed = this.#flushing.then(() => this.#writeAll());
    this.#flushing = flushed.catch(() => undefined);
    return flushed;
  }

  async #writeAll(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    const blobs = new Map<string, string[]>();
    for (const each of pending) {
      const correlationId = randomUUID();
      // One draw per request, so that a sampled request has both its sides.
      const draw = Math.random();
      for (const collection of COLLECTIONS) this.#write(blobs, collection, each, { correlationId, draw });
    }
    for (const [path, lines] of blobs) await this.#workspace.options.collected?.append(path, lines.join(''));
  }

  #write(
    blobs: Map<string, string[]>,
    collection: (typeof COLLECTIONS)[number],
    request: Pending,
    { correlationId, draw }: { readonly correlationId: string; readonly draw: number },
  ): void {
    const settings = request.record.body.properties.dataCollector;
    const wanted = settings?.collections[collection];
    if (wanted?.dataCollectionMode !== 'Enabled' || draw >= (wanted.samplingRate ?? 1)) return;
    const rows = collection === 'model_inputs' ? inputRows(request.input) : outputRows(request.output);
    if (rows === undefined) return;
    const path = blobPath(request, collection, settings?.rollingRate ?? 'Hour', this.#instanceId);
    const lines = blobs.get(path) ?? [];
    lines.push(`${JSON.stringify(this.#line(request, collection, rows, correlationId))}\n`);
    blobs.set(path, lines);
  }

  #line({ record, requestId, at }: Pending, collection: string, data: unknown[], correlationid: string): unknown {
    const bytes = Buffer.byteLength(JSON.stringify(data));
    const { workspaceId } = this.#workspace.options;
    return {
      specversion: '1.0',
      id: randomUUID(),
      source: `${workspaceId}/onlineEndpoints/${record.endpoint}/deployments/${record.name}`,
      type: `azureml.inference.${collection}`,
      datacontenttype: 'application/json',
      time: toIso(at),
      data,
      contentrange: `bytes 0-${bytes - 1}/${bytes}`,
      correlationid,
      xrequestid: requestId,
      modelversion: 'default',
      collectdatatype: 'pandas.core.frame.DataFrame',
      agent: 'azureml-ai-monitoring/0.1.0b4',
    };
  }
}

const blobPath = (
  { record, at }: Pending,
  collection: string,
  rate: keyof typeof ROLLING_LENGTH,
  instanceId: string,
): string => {
  const folders = toIso(at).slice(0, ROLLING_LENGTH[rate]).replaceAll(/[-T:]/g, '/');
  return `modelDataCollector/${record.endpoint}/${record.name}/${collection}/${folders}/${instanceId}.jsonl`;
};
