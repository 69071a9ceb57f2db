import type { Node } from 'web-tree-sitter';
import { resolvePath, type Sources } from './evaluate.ts';
import type { Finding } from './finding.ts';
import { inferPrimitive } from './infer.ts';
import { type BicepFile, type Declaration, lineOf, propertiesOf, valueAt } from './parse.ts';

const MODULE_KEYS = new Set(['name', 'scope', 'params', 'dependsOn']);

export interface ModuleChecks {
  readonly files: ReadonlyMap<string, BicepFile>;
  readonly sources: Sources;
}

/** Modules by the parameters and outputs of the file they name. */
export const checkModules = (file: BicepFile, checks: ModuleChecks): readonly Finding[] => {
  const findings: Finding[] = [];
  const report = (rule: string, node: Node, message: string): void => {
    findings.push({ rule, file: file.path, line: lineOf(node), message });
  };
  const modules = new Map<string, BicepFile>();
  for (const declaration of file.declarations.filter((each) => each.kind === 'module')) {
    const target = checks.files.get(resolvePath(file.path, declaration.reference ?? ''));
    if (target === undefined) report('unknown-module', declaration.node, `no file '${declaration.reference}'`);
    else {
      modules.set(declaration.name, target);
      checkModule({ declaration, target, file, checks }, report);
    }
  }
  checkOutputs(file.root, modules, report);
  return findings;
};

type Report = (rule: string, node: Node, message: string) => void;

interface ModuleUse {
  readonly declaration: Declaration;
  readonly target: BicepFile;
  readonly file: BicepFile;
  readonly checks: ModuleChecks;
}

const checkModule = ({ declaration, target, file, checks }: ModuleUse, report: Report): void => {
  const body = declaration.value;
  if (body === undefined) return;
  for (const { key, node } of propertiesOf(body)) {
    if (key !== undefined && !MODULE_KEYS.has(key)) report('unknown-property', node, `a module has no '${key}'`);
  }
  const params = valueAt(body, ['params']);
  const given = params === undefined ? [] : propertiesOf(params);
  const wanted = target.declarations.filter((each) => each.kind === 'param');
  const scope = { file, sources: checks.sources, loops: new Map() };
  for (const { key, value, node } of given) {
    const param = wanted.find((each) => each.name === key);
    const primitive = inferPrimitive(value, scope);
    if (param === undefined) report('unknown-parameter', node, `${target.path} has no parameter '${key}'`);
    else if (primitive !== undefined && param.type !== undefined && primitive !== param.type) {
      report('wrong-type', node, `'${key}' of ${target.path} is ${param.type}, not ${primitive}`);
    }
  }
  for (const param of wanted) {
    if (param.value === undefined && !given.some((each) => each.key === param.name)) {
      report('missing-parameter', declaration.node, `${target.path} needs '${param.name}'`);
    }
  }
};

/** Every `module.outputs.name`, also `module!.outputs.name`. */
const checkOutputs = (root: Node, modules: ReadonlyMap<string, BicepFile>, report: Report): void => {
  for (const node of root.descendantsOfType('member_expression')) {
    const inner = node.childForFieldName('object');
    const owner = inner?.childForFieldName('object')?.text.replace(/!$/, '') ?? '';
    const target = inner?.childForFieldName('property')?.text === 'outputs' ? modules.get(owner) : undefined;
    const name = node.childForFieldName('property')?.text;
    if (target === undefined) continue;
    if (!target.declarations.some((each) => each.kind === 'output' && each.name === name)) {
      report('unknown-output', node, `${target.path} has no output '${name}'`);
    }
  }
};
