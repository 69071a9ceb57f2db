import type { Call } from '../../support/load.ts';
import type { Table } from '../models.ts';

export interface StartOptions {
  readonly modelFolder: string;
  readonly port: number;
}

/** A scoring server that is measured. */
export interface Server {
  readonly name: string;
  /** What it is, with versions. */
  readonly description: string;
  /** Which form of the model it serves. */
  readonly form: 'python' | 'onnx';
  command(options: StartOptions): {
    readonly program: string;
    readonly args: readonly string[];
    readonly env: Record<string, string>;
  };
  /** Bytes on disk of the server and what the models need, without the base image and the model. */
  installedBytes(): Promise<number>;
  /** Answers 200 once it serves. */
  readonly readyPath: string;
  /** One request for all rows of the table. */
  call(rows: Table): Call;
  /** The predictions in its answer. */
  predictions(answer: unknown): unknown;
}
