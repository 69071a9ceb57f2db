import { isAbsolute, join } from 'node:path';
import * as z from 'zod';

const DEFAULT_MAX_BODY_BYTES = 16 * 1024 * 1024;

const whole = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);

const environment = z.object({
  PORT: whole(0, 65_535).default(5001),
  HOST: z.string().min(1).default('0.0.0.0'),
  MLFLOW_MODEL_URI: z.string().min(1).optional(),
  AZUREML_MODEL_DIR: z.string().min(1).optional(),
  MLFLOW_MODEL_FOLDER: z.string().min(1).optional(),
  SCORING_THREADS: whole(1, 256).default(1),
  SCORING_CONCURRENCY: whole(1, 256).default(1),
  MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT: whole(1, 3600).default(60),
  SCORING_MAX_BODY_BYTES: whole(1, 1024 ** 3).default(DEFAULT_MAX_BODY_BYTES),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface ScoringConfig {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly modelFolder: string;
  /** Of one prediction. */
  readonly threads: number;
  /** Predictions at the same time. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly logLevel: string;
}

/**
 * The server's settings from its environment. MLFLOW_MODEL_URI (a path or a file: URL) wins over
 * AZUREML_MODEL_DIR joined with MLFLOW_MODEL_FOLDER.
 *
 * @throws Error naming every variable that is wrong, without its value
 */
export const readScoringConfig = (env: Readonly<Record<string, string | undefined>>): ScoringConfig => {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST,
    modelFolder: modelFolder(data),
    threads: data.SCORING_THREADS,
    concurrency: data.SCORING_CONCURRENCY,
    timeoutMs: data.MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT * 1000,
    maxBodyBytes: data.SCORING_MAX_BODY_BYTES,
    logLevel: data.LOG_LEVEL,
  };
};

const modelFolder = (data: z.infer<typeof environment>): string => {
  const uri = data.MLFLOW_MODEL_URI?.replace(/^file:\/\//, '');
  if (uri !== undefined && isAbsolute(uri)) return uri;
  if (data.AZUREML_MODEL_DIR !== undefined) return join(data.AZUREML_MODEL_DIR, data.MLFLOW_MODEL_FOLDER ?? '');
  if (uri !== undefined) return uri;
  throw new Error('MLFLOW_MODEL_URI or AZUREML_MODEL_DIR must say where the model is');
};
