import { createServer } from 'node:net';

/** Where each part of the stack listens on loopback. */
export interface Ports {
  /** Functions host: MLflow API, own API. */
  readonly host: number;
  /** Azure emulator: ARM, Event Grid, scoring, metrics. */
  readonly azure: number;
  readonly cosmos: number;
  readonly blob: number;
  readonly queue: number;
}

/** The host on `base` and everything else on the ports after it, unless chosen otherwise. */
export const portsFrom = (base: number, chosen: Partial<Ports> = {}): Ports => ({
  host: base,
  azure: base + 1,
  cosmos: base + 2,
  blob: base + 3,
  queue: base + 4,
  ...chosen,
});

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** Those of the ports that somebody listens on already. */
export const portsInUse = async (ports: Ports): Promise<readonly number[]> => {
  const numbers = Object.values(ports);
  const free = await Promise.all(numbers.map(isFree));
  return numbers.filter((_, at) => free[at] === false);
};
