import type { Node } from 'web-tree-sitter';
import { evaluate, loopScope, resolvePath, type Sources } from './evaluate.ts';
import type { Finding } from './finding.ts';
import { type BicepFile, lineOf, plainText } from './parse.ts';

/** Files that are loaded but not there, and properties that a loaded file has not. */
export const checkLoaded = (file: BicepFile, sources: Sources): readonly Finding[] => {
  const findings: Finding[] = [];
  const report = (rule: string, node: Node, message: string): void => {
    findings.push({ rule, file: file.path, line: lineOf(node), message });
  };
  for (const call of file.root.descendantsOfType('call_expression')) {
    if (call.childForFieldName('function')?.text !== 'loadJsonContent') continue;
    const path = plainText(call.childForFieldName('arguments')?.namedChildren[0]) ?? '';
    if (!sources.has(resolvePath(file.path, path))) report('unknown-file', call, `no file '${path}'`);
  }
  for (const declaration of file.declarations) {
    const scope = loopScope(declaration.loop, { file, sources, loops: new Map() });
    for (const node of declaration.node.descendantsOfType('member_expression')) {
      if (evaluate(node, scope)?.includes(undefined) === true) {
        report('unknown-property', node, `'${node.text}' is not in the loaded file`);
      }
    }
  }
  return findings;
};
