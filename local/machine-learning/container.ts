import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.ts';
import type { ContainerLog } from './container-log.ts';
import { type ContainerPlace, containerSpec, type Runtime } from './container-spec.ts';
import type { ImageConfig } from './options.ts';

/** Arguments before the container's own by which its runtime watches descriptor 3, and ends when that closes. */
const PARENT_WATCH: Readonly<Record<Runtime, readonly string[]>> = {
  node: ['--import', fileURLToPath(new URL('./parent-watch.ts', import.meta.url))],
  python: ['-I', '-S', fileURLToPath(new URL('./parent_watch.py', import.meta.url))],
  native: [],
};

/** Name of the environment variable by which a left-over process is known. */
export const INSTANCE_VARIABLE = 'AZUREML_INSTANCE_ID';

export interface ContainerOptions extends Omit<ContainerPlace, 'port'> {
  readonly instanceId: string;
  readonly config: ImageConfig;
  readonly log: ContainerLog;
}

export interface ContainerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running container: one process group, one port. */
export interface Container {
  readonly port: number;
  readonly exited: Promise<ContainerExit>;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts the image's command as an own process group.
 *
 * @throws Error when the image names no command, or a Python that this machine does not have
 */
export const startContainer = async (options: ContainerOptions): Promise<Container> => {
  const port = await freePort();
  const spec = containerSpec(options.config, { ...options, port });
  for (const dir of ['home', 'tmp']) mkdirSync(join(options.ownDir, dir), { recursive: true });
  const child = spawn(spec.command, [...PARENT_WATCH[spec.runtime], ...spec.args], {
    cwd: spec.cwd,
    env: { ...spec.env, [INSTANCE_VARIABLE]: options.instanceId },
    // Descriptor 3 is what the parent watch listens to.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = exitOf(child, options);
  if (child.pid !== undefined) writeFileSync(join(options.ownDir, 'pid'), String(child.pid));
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => options.log.write(chunk));
  child.stdio[3]?.on('error', () => undefined);
  return { port, exited, stop: (graceMs) => stop(child, exited, graceMs) };
};

const exitOf = (child: ChildProcess, { log, ownDir }: ContainerOptions): Promise<ContainerExit> =>
  new Promise<ContainerExit>((resolve) => {
    child.once('error', (error) => {
      log.line(`cannot start: ${error.message}`);
      if (child.pid !== undefined) return;
      rmSync(ownDir, { recursive: true, force: true });
      resolve({ code: 127, signal: null });
    });
    child.once('exit', (code, signal) => {
      // Whatever the container itself started goes with it.
      kill(child, 'SIGKILL');
      log.line(`container exited with ${signal ?? `code ${code}`}`);
      rmSync(ownDir, { recursive: true, force: true });
      resolve({ code, signal });
    });
  });

const stop = async (child: ChildProcess, exited: Promise<ContainerExit>, graceMs: number): Promise<void> => {
  kill(child, 'SIGTERM');
  const timer = setTimeout(() => kill(child, 'SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
};

const kill = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the group is gone, which is what was wanted.
  }
};
