import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A stand-in for a Python of this minor that does one thing: tell the resolver what it is. The resolver wants to ask an
 * interpreter even when it is told version and platform, and where environments are built there need be none. The
 * machine's own Python, if it has one, is not asked: the same requirements give the same lock everywhere.
 *
 * @returns its path
 * @see https://docs.astral.sh/uv/pip/compile/
 */
export const writeInterpreter = async (folder: string, python: string): Promise<string> => {
  const path = join(folder, `python${python}`);
  const answer = join(folder, 'interpreter.json');
  await writeFile(answer, JSON.stringify(description(python, path)));
  await writeFile(path, `#!/bin/sh\nexec cat '${answer.replaceAll("'", `'\\''`)}'\n`);
  await chmod(path, 0o700);
  return path;
};

const description = (python: string, path: string) => {
  const packages = `lib/python${python}/site-packages`;
  const minor = python.replace('.', '');
  return {
    result: 'success',
    markers: {
      implementation_name: 'cpython',
      implementation_version: `${python}.0`,
      os_name: 'posix',
      platform_machine: 'x86_64',
      platform_python_implementation: 'CPython',
      platform_release: '',
      platform_system: 'Linux',
      platform_version: '',
      python_full_version: `${python}.0`,
      python_version: python,
      sys_platform: 'linux',
    },
    sys_base_prefix: '/usr',
    sys_base_exec_prefix: '/usr',
    sys_prefix: '/usr',
    sys_base_executable: path,
    sys_executable: path,
    sys_path: [],
    site_packages: [`/usr/${packages}`],
    stdlib: `/usr/lib/python${python}`,
    extension_suffixes: [`.cpython-${minor}-x86_64-linux-gnu.so`, '.abi3.so', '.so'],
    standalone: false,
    scheme: {
      platlib: `/usr/${packages}`,
      purelib: `/usr/${packages}`,
      include: `/usr/include/python${python}`,
      scripts: '/usr/bin',
      data: '/usr',
    },
    virtualenv: {
      purelib: packages,
      platlib: packages,
      include: `include/site/python${python}`,
      scripts: 'bin',
      data: '',
    },
    os: { name: 'manylinux', major: 2, minor: 28 },
    arch: 'x86_64',
    cpu_info: { detected: { kind: 'flags', flags: '' } },
    manylinux_compatible: true,
    gil_disabled: false,
    debug_enabled: false,
    pointer_size: '64',
  };
};
