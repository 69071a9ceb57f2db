import { type Ports, portsFrom, portsInUse } from '../stack/ports.ts';

/**
 * Ports in a row that nobody listens on, so that a throw-away stack runs beside any other.
 *
 * @throws Error when a hundred tries found none
 */
export const freePorts = async (): Promise<Ports> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const ports = portsFrom(20_000 + Math.floor(Math.random() * 4_000) * 10);
    if ((await portsInUse(ports)).length === 0) return ports;
  }
  throw new Error('no free ports were found');
};
