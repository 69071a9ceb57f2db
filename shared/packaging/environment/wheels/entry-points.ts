/** A command that a package installs: calls `attribute` of `module`. */
export interface ConsoleScript {
  readonly name: string;
  readonly module: string;
  readonly attribute: string;
}

const GROUPS = new Set(['console_scripts', 'gui_scripts']);

const ENTRY = /^(?<name>[^=]+)=\s*(?<module>[\w.]+)\s*:\s*(?<attribute>[\w.]+)\s*(?:\[[^\]]*\])?$/;

/** A command's name is a file's name, nothing else. */
const NAME = /^[\w-][\w.-]*$/;

/**
 * The commands in an `entry_points.txt`.
 *
 * @returns undefined for a line that is none, with that line
 * @see https://packaging.python.org/en/latest/specifications/entry-points/#file-format
 */
export const parseConsoleScripts = (
  text: string,
): { readonly scripts: readonly ConsoleScript[]; readonly invalid?: string } => {
  const scripts: ConsoleScript[] = [];
  let group = '';
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const section = /^\[(.*)\]$/.exec(line);
    if (section) {
      group = section[1]?.trim() ?? '';
      continue;
    }
    if (!GROUPS.has(group)) continue;
    const { name = '', module = '', attribute = '' } = ENTRY.exec(line)?.groups ?? {};
    const command = name.trim();
    if (!NAME.test(command)) return { scripts, invalid: line };
    scripts.push({ name: command, module, attribute });
  }
  return { scripts };
};

/** How a script finds its packages, wherever the environment is: no Python on the path knows of it. */
const FIND_PACKAGES = (python: string): string =>
  'import os, site, sys\n' +
  'root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))\n' +
  `site.addsitedir(os.path.join(root, "lib", "python${python}", "site-packages"))\n`;

/** The file of a command. */
export const consoleScriptText = ({ module, attribute }: ConsoleScript, python: string): string => {
  const imported = attribute.split('.')[0] ?? attribute;
  return `${shebang(python)}${FIND_PACKAGES(python)}from ${module} import ${imported}\nsys.exit(${attribute}())\n`;
};

/** `#!python` in a wheel's script stands for the interpreter of wherever it is installed. */
export const scriptText = (content: string, python: string): string =>
  content.replace(/^#!pythonw?[^\n]*\n/, () => shebang(python));

const shebang = (python: string): string => `#!/usr/bin/env python${python}\n`;
