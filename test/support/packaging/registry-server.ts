import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { announceSkip } from '../require-all.ts';

const run = promisify(execFile);

export const REGISTRY_USER = { username: 'team', password: 'correct horse' } as const;

/** bcrypt of that password with few rounds: it protects nothing. */
const HTPASSWD = 'team:$2b$04$Ha/Usqy5TOEtakAlzyjipO6U2vPstJal1juy3RhYNcnmn1/LuNkHe\n';

/** A certificate for 127.0.0.1 that signs itself, and its key; as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface RegistryServerOptions {
  readonly tls?: Certificate;
  readonly auth?:
    | 'basic'
    | { readonly realm: string; readonly service: string; readonly issuer: string; readonly cert: string };
}

/** A throw-away registry: Debian's docker-registry on a free port of loopback, with its data in a folder of its own. */
export interface RegistryServer {
  /** As in `http://127.0.0.1:40123`. */
  readonly url: string;
  /** As in `127.0.0.1:40123`. */
  readonly host: string;
  readonly pid: number;
  /** What it logged so far. */
  log(): string;
  close(): Promise<void>;
}

const isInstalled = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/**
 * Whether these programs are installed; says loudly that the tests are skipped when one is not.
 *
 * @throws Error instead, with `SLIPWAY_REQUIRE_ALL=1`
 */
export const haveRegistryTools = (tests: string, ...commands: readonly string[]): boolean => {
  const missing = commands.filter((command) => !isInstalled(command));
  if (missing.length > 0)
    announceSkip(tests, `${missing.join(', ')} not installed (apt-get install ${missing.join(' ')})`);
  return missing.length === 0;
};

/** Starts one, and resolves when it listens. */
export const startRegistryServer = async ({ tls, auth }: RegistryServerOptions = {}): Promise<RegistryServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-registry-'));
  const put = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const config = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      ...(tls && { tls: { certificate: await put('tls.crt', tls.cert), key: await put('tls.key', tls.key) } }),
    },
    ...(auth === 'basic' && { auth: { htpasswd: { realm: 'registry', path: await put('htpasswd', HTPASSWD) } } }),
    ...(typeof auth === 'object' && {
      auth: {
        token: {
          realm: auth.realm,
          service: auth.service,
          issuer: auth.issuer,
          rootcertbundle: await put('issuer.crt', auth.cert),
        },
      },
    }),
  };
  const child = spawn('docker-registry', ['serve', await put('config.yml', stringify(config))], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const dieWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', dieWithUs);
  const lines: string[] = [];
  const host = await listening(child, lines);
  return {
    url: `${tls ? 'https' : 'http'}://${host}`,
    host,
    pid: child.pid ?? -1,
    log: () => lines.join('\n'),
    close: async () => {
      process.off('exit', dieWithUs);
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const listening = (child: ChildProcess, lines: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    if (child.stderr) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        lines.push(line);
        const found = /listening on (127\.0\.0\.1:\d+)/.exec(line);
        if (found?.[1]) resolve(found[1]);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`the registry ended with ${code}: ${lines.slice(-5).join('\n')}`)));
  });

/** Made anew for each run, with openssl: a key in the repository would be taken for a secret. */
export const createCertificate = async (): Promise<Certificate> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-certificate-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-keyout', key, '-out', cert, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ]);
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
